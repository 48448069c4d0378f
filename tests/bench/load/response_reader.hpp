#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace certbound::load {

/// One HTTP/1.1 response with a Content-Length, put together from whatever pieces arrive. No chunked coding: what is
/// measured sends none.
class ResponseReader {
 public:
  enum class State : std::uint8_t { incomplete, complete, malformed };

  ResponseReader();

  /// Where the next octets go; never empty while incomplete (a response above 256 KiB is malformed).
  [[nodiscard]] std::span<char> space();
  /// `size` octets were written into space().
  State commit(std::size_t size);

  // Valid once complete, until reset().
  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] std::string_view body() const;
  [[nodiscard]] std::string_view text() const { return {buffer_.data(), used_}; }  ///< header and body
  [[nodiscard]] bool is_last() const { return is_last_; }                          ///< the server closes after it

  [[nodiscard]] bool has_started() const { return used_ > 0; }
  void reset();

 private:
  State parse_head();
  bool parse_field(std::string_view line);

  std::vector<char> buffer_;
  std::size_t used_ = 0;
  std::size_t head_size_ = 0;  // 0 until the empty line was seen
  std::size_t body_size_ = 0;
  int status_ = 0;
  bool has_length_ = false;
  bool is_last_ = false;
};

}  // namespace certbound::load
