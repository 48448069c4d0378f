#include "http/response.hpp"

#include <array>
#include <cstdio>
#include <ctime>

namespace certbound::http {

namespace {

constexpr std::string_view kUnsafe{"\r\n\0", 3};

void append_header(std::string& out, std::string_view name, std::string_view value) {
  if (value.find_first_of(kUnsafe) != std::string_view::npos) return;
  out += name;
  out += ": ";
  out += value;
  out += "\r\n";
}

}  // namespace

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Status";
  }
}

void append_response(std::string& out, const Response& response, const RenderContext& context) {
  out.reserve(out.size() + response.body.size() + 512);
  out += "HTTP/1.1 ";
  out += std::to_string(response.status);
  out.push_back(' ');
  out += reason_phrase(response.status);
  out += "\r\n";
  append_header(out, "Date", context.date);
  if (!response.content_type.empty()) append_header(out, "Content-Type", response.content_type);
  for (const auto& [name, value] : response.headers) append_header(out, name, value);
  append_header(out, "X-Request-Id", context.request_id);
  if (context.close) append_header(out, "Connection", "close");
  // RFC 9110 section 8.6: no Content-Length in a 204; in a 304 it would have to be that of the 200. Neither has a body.
  const bool has_body = response.status != 204 && response.status != 304;
  if (has_body) append_header(out, "Content-Length", std::to_string(response.body.size()));
  out += "\r\n";
  if (has_body && !context.omit_body) out += response.body;
}

std::string render_http_date(WallTime time) {
  constexpr std::array<const char*, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = static_cast<std::time_t>(unix_seconds(time));
  std::tm parts{};
  if (::gmtime_r(&seconds, &parts) == nullptr) return {};
  std::array<char, 64> text{};
  const int length = std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                                   kDays.at(static_cast<std::size_t>(parts.tm_wday)), parts.tm_mday,
                                   kMonths.at(static_cast<std::size_t>(parts.tm_mon)), parts.tm_year + 1900,
                                   parts.tm_hour, parts.tm_min, parts.tm_sec);
  return {text.data(), static_cast<std::size_t>(length)};
}

std::string_view http_date_now() {
  thread_local WallTime rendered{};
  thread_local std::string text;
  const WallTime now = wall_now();
  if (now != rendered || text.empty()) {
    text = render_http_date(now);
    rendered = now;
  }
  return text;
}

}  // namespace certbound::http
