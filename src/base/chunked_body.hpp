#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace certbound {

/// Takes a chunked body apart (RFC 9112 section 7.1), octet by octet where it has to be. Chunk extensions and trailers
/// are read over and dropped: a trailer may not change what the header said. Every line ends with CR LF and holds no
/// other control character, a size has at most 8 hexadecimal digits, extensions and trailers are bounded.
///
/// Our own, since Beast's decoder takes some of what is not complete yet for a broken invariant (docs/adr/0012).
class ChunkedBody {
 public:
  enum class State : std::uint8_t { incomplete, complete, malformed, too_large };

  /// `overhead_bytes` bounds extensions and trailers together.
  ChunkedBody(std::size_t body_bytes, std::size_t overhead_bytes)
      : body_bytes_{body_bytes}, overhead_bytes_{overhead_bytes} {}

  /// Takes what belongs to the body from the front of `bytes`, which is shortened by it.
  State feed(std::string_view& bytes);

  /// The content so far. Only in state complete is it whole.
  [[nodiscard]] std::string take_body() { return std::move(body_); }

 private:
  enum class Place : std::uint8_t {
    size,
    extension,
    size_end,
    data,
    data_cr,
    data_lf,
    trailer_start,
    trailer,
    trailer_lf,
    last_lf
  };

  State take_data(std::string_view& bytes);
  State take_octet(char octet);
  State take_size(char octet);
  State take_text(char octet);
  State end_trailer();
  State end_size_line();

  std::size_t body_bytes_;
  std::size_t overhead_bytes_;
  std::string body_;
  std::string trailer_;       // the line that is being read
  std::uint64_t size_ = 0;    // of the chunk; while it is read, what is left of it
  std::size_t digits_ = 0;    // of the size
  std::size_t overhead_ = 0;  // octets of extensions and trailers so far
  Place place_ = Place::size;
};

}  // namespace certbound
