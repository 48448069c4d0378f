#include "fetch/render_request.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace certbound::fetch {

namespace {

bool is_header_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  out += value;
  out += "\r\n";
}

}  // namespace

std::optional<Problem> check_request(const Request& request) {
  const bool are_types = std::all_of(request.content_types.begin(), request.content_types.end(), is_header_text);
  if (!are_types || !is_header_text(request.body_type) || !is_header_text(request.validators.etag) ||
      !is_header_text(request.validators.last_modified)) {
    return Problem{Failure::request_invalid, "a header would hold a control character"};
  }
  if (request.method == Method::get && !request.body.empty()) {
    return Problem{Failure::request_invalid, "a GET has no body"};
  }
  if (request.timeout <= std::chrono::milliseconds::zero()) {
    return Problem{Failure::request_invalid, "the request has no time"};
  }
  return std::nullopt;
}

std::string render_request(const Request& request, const Url& url) {
  std::string out = request.method == Method::get ? "GET " : "POST ";
  out += url.target;
  out += " HTTP/1.1\r\n";
  append_header(out, "Host", render_authority(url));
  append_header(out, "User-Agent", "certbound");
  append_header(out, "Accept", request.content_types.empty() ? "*/*" : join(request.content_types, ", "));
  append_header(out, "Accept-Encoding", "identity");
  append_header(out, "Connection", "close");
  if (request.method == Method::get) {
    // RFC 9110 section 13.1.3: where the server knows the tag, it ignores the date.
    if (!request.validators.etag.empty()) append_header(out, "If-None-Match", request.validators.etag);
    if (!request.validators.last_modified.empty()) {
      append_header(out, "If-Modified-Since", request.validators.last_modified);
    }
  } else {
    if (!request.body_type.empty()) append_header(out, "Content-Type", request.body_type);
    append_header(out, "Content-Length", std::to_string(request.body.size()));
  }
  out += "\r\n";
  out += request.body;
  return out;
}

}  // namespace certbound::fetch
