// The octets of one connection to an answer, its cache headers and our verdict: the same in one piece as octet by
// octet.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "fetch/cache.hpp"
#include "fetch/request.hpp"
#include "fetch/response_parser.hpp"

namespace {

using certbound::fetch::ResponseParser;
using State = ResponseParser::State;

std::string describe_head(const certbound::fetch::ResponseHead& head) {
  constexpr certbound::WallTime kPresent{std::chrono::seconds{1768478400}};
  std::string text = std::to_string(head.status);
  for (const auto& field : head.fields) {
    if (field.value.find_first_of(std::string_view{"\r\n\0", 3}) != std::string::npos) std::abort();
    text += '\n' + field.name + ':' + field.value;
  }
  const certbound::fetch::FreshnessBounds bounds;
  const auto fresh = certbound::fetch::freshness(head, kPresent, bounds);
  if (fresh < bounds.minimum || fresh > bounds.maximum) std::abort();
  const auto validators = certbound::fetch::read_validators(head, kPresent);
  for (const std::string& sent_back : {validators.etag, validators.last_modified}) {
    for (const char c : sent_back) {
      if (c < 0x20 || c == 0x7f) std::abort();
    }
  }
  const auto pause = certbound::fetch::read_retry_after(head, kPresent);
  if (pause && pause->count() < 0) std::abort();
  certbound::fetch::Request request;
  request.content_types = {"application/json"};
  if (!certbound::fetch::check_head(head, request) && head.status != 200) std::abort();
  return text;
}

std::string parse(std::string_view bytes, std::size_t piece, ResponseParser::Bounds bounds) {
  ResponseParser parser{bounds};
  for (std::size_t at = 0; at < bytes.size(); at += piece) parser.feed(bytes.substr(at, piece));
  parser.end();
  if (parser.state() == State::fault) {
    if (parser.problem().detail.empty()) std::abort();
    return std::string{name(parser.problem().failure)};
  }
  if (parser.state() != State::done) std::abort();
  const std::string body = parser.take_body();
  if (body.size() > bounds.body_bytes) std::abort();
  return describe_head(parser.head()) + '\n' + body;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  const ResponseParser::Bounds small{.header_bytes = 128, .body_bytes = 32};
  static_cast<void>(parse(bytes, size + 1, small));
  static_cast<void>(parse(bytes, 3, small));
  const ResponseParser::Bounds bounds;
  if (parse(bytes, 1, bounds) != parse(bytes, size + 1, bounds)) std::abort();
  return 0;
}
