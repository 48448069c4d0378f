#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "net/request_parser.hpp"

namespace certbound::net {

/// What came out of the bytes of one connection.
struct Parsed {
  std::vector<std::string> requests;  ///< each as one text with all that a handler can see
  int fault = 0;                      ///< the status, or 0
  RequestParser::State state = RequestParser::State::idle;

  [[nodiscard]] bool operator==(const Parsed&) const = default;
};

inline std::string show(const http::Request& request) {
  std::string text = std::to_string(static_cast<int>(request.method)) + " " + request.path + " ?" + request.query +
                     (request.keep_alive ? " keep" : " close");
  for (const http::Header& header : request.headers) text += "\n" + header.name + "=" + header.value;
  return text + "\n\n" + request.body;
}

/// Feeds one connection's parser as a session does, piece by piece.
class ParserDriver {
 public:
  explicit ParserDriver(RequestParser::Bounds bounds) : parser_{bounds} {}

  void feed(std::string_view bytes) {
    parser_.feed(bytes);
    while (parser_.state() == RequestParser::State::done) {
      parsed_.requests.push_back(show(parser_.take()));
      parser_.next();
    }
  }
  [[nodiscard]] Parsed parsed() {
    parsed_.state = parser_.state();
    if (parsed_.state == RequestParser::State::fault) parsed_.fault = parser_.fault().status;
    return parsed_;
  }

 private:
  RequestParser parser_;
  Parsed parsed_;
};

inline Parsed parse_whole(std::string_view bytes, RequestParser::Bounds bounds = {}) {
  ParserDriver driver{bounds};
  driver.feed(bytes);
  return driver.parsed();
}

inline Parsed parse_in_two(std::string_view bytes, std::size_t at, RequestParser::Bounds bounds = {}) {
  ParserDriver driver{bounds};
  driver.feed(bytes.substr(0, at));
  driver.feed(bytes.substr(at));
  return driver.parsed();
}

inline Parsed parse_by_octets(std::string_view bytes, RequestParser::Bounds bounds = {}) {
  ParserDriver driver{bounds};
  for (std::size_t i = 0; i < bytes.size(); ++i) driver.feed(bytes.substr(i, 1));
  return driver.parsed();
}

}  // namespace certbound::net
