#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"

namespace certbound::http {

/// An answer before it is bytes. Content-Length, Date, Connection and X-Request-Id are the session's.
struct Response {
  Response() = default;
  Response(int response_status, std::string_view type, std::string content)
      : status{response_status}, content_type{type}, body{std::move(content)} {}

  int status = 200;
  std::string_view content_type;  ///< a literal; empty for no body
  std::string body;
  std::vector<std::pair<std::string_view, std::string>> headers;  ///< names are literals
};

/// `Bad Request` and so on (RFC 9110 section 15).
[[nodiscard]] std::string_view reason_phrase(int status);

struct RenderContext {
  std::string_view request_id;
  std::string_view date;   ///< IMF-fixdate (RFC 9110 section 5.6.7)
  bool close = false;      ///< say `Connection: close`
  bool omit_body = false;  ///< the answer to HEAD: headers as for GET, no body
};

/// Appends the whole answer as HTTP/1.1 bytes, ready for one write. A header value with CR, LF or NUL in it is left
/// out: it would be response splitting, and no caller makes one. A 204 and a 304 have no body.
void append_response(std::string& out, const Response& response, const RenderContext& context);

/// `Sat, 21 Nov 2026 02:20:38 GMT`: an IMF-fixdate (RFC 9110 section 5.6.7).
[[nodiscard]] std::string render_http_date(WallTime time);

/// The present as render_http_date() has it, made once per second and thread.
[[nodiscard]] std::string_view http_date_now();

}  // namespace certbound::http
