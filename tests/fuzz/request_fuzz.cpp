// The octets of one connection to requests: the same in one piece as octet by octet, or two servers could see two
// requests.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "net/request_parser.hpp"

namespace {

using certbound::net::RequestParser;
using State = RequestParser::State;

struct Outcome {
  std::vector<std::string> requests;
  bool has_fault = false;
  bool operator==(const Outcome&) const = default;
};

std::string describe(const certbound::http::Request& request) {
  if (request.path != "*" && !request.path.starts_with('/')) std::abort();
  std::string text = std::to_string(static_cast<int>(request.method)) + request.path + '?' + request.query;
  for (const auto& header : request.headers) {
    // What a handler sees can neither end a line nor a text.
    if (header.value.find_first_of(std::string_view{"\r\n\0", 3}) != std::string::npos) std::abort();
    text += '\n' + header.name + ':' + header.value;
  }
  return text + '\n' + request.body + (request.keep_alive ? "+" : "-");
}

Outcome parse(std::string_view bytes, std::size_t piece, RequestParser::Bounds bounds) {
  Outcome outcome;
  RequestParser parser{bounds};
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    parser.feed(bytes.substr(at, piece));
    if (parser.take_expects_continue() && parser.state() != State::body) std::abort();
    while (parser.state() == State::done) {
      const auto request = parser.take();
      if (request.body.size() > bounds.body_bytes) std::abort();
      outcome.requests.push_back(describe(request));
      parser.next();
    }
  }
  outcome.has_fault = parser.state() == State::fault;
  if (outcome.has_fault && (parser.fault().status < 400 || parser.fault().text.view().empty())) std::abort();
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  const RequestParser::Bounds bounds;
  const RequestParser::Bounds small{.header_bytes = 128, .body_bytes = 32, .target_bytes = 32};
  static_cast<void>(parse(bytes, size + 1, small));
  static_cast<void>(parse(bytes, 3, small));
  const Outcome whole = parse(bytes, size + 1, bounds);
  if (parse(bytes, 1, bounds) != whole) std::abort();
  return 0;
}
