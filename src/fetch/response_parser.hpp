#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/chunked_body.hpp"
#include "fetch/response.hpp"

namespace certbound::fetch {

/// Turns the octets of one connection into one answer (RFC 9112), without I/O: it can be fuzzed and be split at every
/// octet. Strict where leniency lets two readers see two answers: no bare LF or CR, no obs-fold, no Transfer-Encoding
/// but `chunked`, never with Content-Length, one Content-Length, which is one number. Interim answers (1xx) are read
/// over, four at the most; 101 is a fault. What follows the answer is ignored.
class ResponseParser {
 public:
  struct Bounds {
    std::size_t header_bytes = 16UL * 1024;  ///< of each header, interim ones too
    std::size_t body_bytes = 64UL * 1024;
  };

  enum class State : std::uint8_t {
    header,            ///< the header is not complete
    body,              ///< head() is there; the body is not complete
    body_until_close,  ///< as body; the end of the connection ends it, see end()
    done,
    fault,  ///< problem() says what is wrong; final
  };

  explicit ResponseParser(Bounds bounds) : bounds_{bounds} {}
  ResponseParser(const ResponseParser&) = delete;
  ResponseParser& operator=(const ResponseParser&) = delete;
  ~ResponseParser() = default;

  /// Takes any number of octets.
  State feed(std::string_view bytes);

  /// The peer ended the connection, in an orderly way: no more will come.
  State end();

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] const Problem& problem() const { return problem_; }
  /// From state body on.
  [[nodiscard]] const ResponseHead& head() const { return head_; }
  /// In state done.
  [[nodiscard]] std::string take_body() { return std::move(body_); }

 private:
  State refuse(Failure failure, std::string_view detail);
  State read_header();
  State take_head(std::string_view header);
  State begin_body();
  State read_body();

  Bounds bounds_;
  ResponseHead head_;
  std::optional<ChunkedBody> chunked_;
  std::size_t missing_ = 0;  // of a body with a Content-Length, what has not come
  std::string buffer_;       // what was not taken yet
  std::string body_;
  std::size_t scanned_ = 0;  // of buffer_, how much the header scan has seen
  int interim_ = 0;
  Problem problem_{Failure::none, {}};
  State state_ = State::header;
};

}  // namespace certbound::fetch
