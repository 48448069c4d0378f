#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/chunked_body.hpp"
#include "base/error.hpp"
#include "http/request.hpp"

namespace certbound::net {

/// What is wrong with the bytes of a request, as the status it gets. After a fault the connection is closed, since
/// nobody knows where the next request would begin.
struct RequestFault {
  RequestFault() = default;
  RequestFault(int fault_status, PublicText fault_text) : status{fault_status}, text{fault_text} {}

  int status = 400;
  PublicText text;
};

/// Turns the bytes of one connection into requests (RFC 9112), one at a time, without I/O: it can be fuzzed and be
/// split at every octet. Stricter than the RFC where leniency is how requests are smuggled: no bare LF or CR, no
/// obs-fold, no blank before the colon, no Transfer-Encoding but `chunked`, never Transfer-Encoding with
/// Content-Length, one Content-Length, which is one number,
/// exactly one Host, a target that is a path. Fields of a trailer are read and forgotten.
class RequestParser {
 public:
  struct Bounds {
    std::size_t header_bytes = 16UL * 1024;
    std::size_t body_bytes = 64UL * 1024;
    std::size_t target_bytes = 8UL * 1024;
  };

  enum class State : std::uint8_t {
    idle,    ///< nothing of the next request has come
    header,  ///< some of its header has
    body,    ///< its header is complete, its body is not
    done,    ///< take() has it
    fault,   ///< fault() says what is wrong; final
  };

  explicit RequestParser(Bounds bounds);
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;
  ~RequestParser() = default;

  /// Takes all of `bytes`, any number of octets; what belongs to a later request is kept (pipelining, bounded by what
  /// was read).
  State feed(std::string_view bytes);

  /// Goes on with the next request, whose first octets may be here already. Only after done and take().
  State next();

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] const RequestFault& fault() const { return fault_; }

  /// Does the client wait for `100 Continue` before it sends the body? True once per request, in state body.
  [[nodiscard]] bool take_expects_continue();

  /// The request, without id and connection. Only in state done.
  [[nodiscard]] http::Request take();

 private:
  State refuse(int status, PublicText text);
  State advance();
  State read_header();
  State begin_body(std::string_view content_length, bool is_chunked);
  State read_body();

  Bounds bounds_;
  http::Request request_;               // as far as it has come
  std::optional<ChunkedBody> chunked_;  // of a chunked body
  std::size_t missing_ = 0;             // of a body with a Content-Length, what has not come
  std::string buffer_;
  std::size_t scanned_ = 0;  // of buffer_, how much the header scan has seen
  int leading_lines_ = 0;    // empty ones before the request line
  RequestFault fault_;
  State state_ = State::idle;
  bool expects_continue_ = false;
};

}  // namespace certbound::net
