#include "net/request_parser.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>

#include "base/header_scan.hpp"
#include "base/text.hpp"

namespace certbound::net {

namespace {

namespace beast_http = boost::beast::http;

constexpr int kMaximumLeadingLines = 2;

http::Method to_method(beast_http::verb verb) {
  if (verb == beast_http::verb::get) return http::Method::get;
  if (verb == beast_http::verb::post) return http::Method::post;
  if (verb == beast_http::verb::head) return http::Method::head;
  if (verb == beast_http::verb::options) return http::Method::options;
  return http::Method::other;
}

/// The path of an origin-form or absolute-form target (RFC 9112 section 3.2), with its query. What is neither stays as
/// it is.
std::string_view to_path_and_query(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!ascii_iequals(target.substr(0, scheme.size()), scheme)) continue;
    const std::size_t path = target.find_first_of("/?", scheme.size());
    // RFC 9110 section 4.2.1: a URI without a host is invalid.
    if (path == scheme.size() || target.size() == scheme.size()) return target;
    return path == std::string_view::npos || target[path] == '?' ? std::string_view{"/"} : target.substr(path);
  }
  return target;
}

using Message = beast_http::request<beast_http::empty_body>;

std::string_view value_of(const Message& message, beast_http::field field) {
  const auto value = message[field];
  return {value.data(), value.size()};
}

/// What Beast lets pass and we do not: each is a way to make two servers see two different requests.
std::optional<RequestFault> check_framing(const Message& message) {
  const std::size_t lengths = message.count(beast_http::field::content_length);
  const std::size_t codings = message.count(beast_http::field::transfer_encoding);
  const std::size_t hosts = message.count(beast_http::field::host);
  if (lengths > 0 && codings > 0) {
    return RequestFault{400, "Content-Length and Transfer-Encoding exclude each other"};
  }
  if (lengths > 1) return RequestFault{400, "Content-Length is repeated"};
  const std::string_view length = value_of(message, beast_http::field::content_length);
  // Beast takes a list of equal numbers.
  if (length.find_first_not_of("0123456789") != std::string_view::npos) {
    return RequestFault{400, "Content-Length is not one number"};
  }
  if (codings > 0 && message.version() == 10) return RequestFault{400, "HTTP/1.0 has no Transfer-Encoding"};
  if (codings > 1 ||
      (codings == 1 && !ascii_iequals(value_of(message, beast_http::field::transfer_encoding), "chunked"))) {
    return RequestFault{501, "the only transfer coding is chunked"};
  }
  if (hosts > 1 || (hosts == 0 && message.version() == 11)) {
    return RequestFault{400, "a request has exactly one Host"};
  }
  return std::nullopt;
}

/// The request of a header that is complete, without its body.
http::Request to_request(const Message& message) {
  http::Request request;
  request.method = to_method(message.method());
  const std::string_view target = to_path_and_query({message.target().data(), message.target().size()});
  const std::size_t question = target.find('?');
  request.path = target.substr(0, question);
  if (question != std::string_view::npos) request.query = target.substr(question + 1);
  request.headers.reserve(8);
  for (const auto& field : message) {
    const std::string_view name{field.name_string().data(), field.name_string().size()};
    request.headers.emplace_back(ascii_lower(name), std::string{field.value().data(), field.value().size()});
  }
  // HTTP/1.0 clients get one answer per connection: their keep-alive was never specified.
  request.keep_alive = message.version() == 11 && message.keep_alive();
  return request;
}

}  // namespace

RequestParser::RequestParser(Bounds bounds) : bounds_{bounds} {}

RequestParser::State RequestParser::refuse(int status, PublicText text) {
  fault_ = RequestFault{status, text};
  state_ = State::fault;
  return state_;
}

RequestParser::State RequestParser::feed(std::string_view bytes) {
  if (state_ == State::fault) return state_;
  buffer_ += bytes;
  return state_ == State::done ? state_ : advance();
}

RequestParser::State RequestParser::next() {
  chunked_.reset();
  missing_ = 0;
  scanned_ = 0;
  leading_lines_ = 0;
  expects_continue_ = false;
  state_ = State::idle;
  return advance();
}

RequestParser::State RequestParser::advance() {
  if (state_ == State::idle || state_ == State::header) {
    // RFC 9112 section 2.2: some clients send an empty line after the body of the request before.
    while (state_ == State::idle && leading_lines_ < kMaximumLeadingLines && buffer_.starts_with("\r\n")) {
      buffer_.erase(0, 2);
      ++leading_lines_;
    }
    if (buffer_.empty() || (state_ == State::idle && buffer_ == "\r")) return state_;
    state_ = State::header;
    if (read_header() != State::body) return state_;
  }
  return read_body();
}

RequestParser::State RequestParser::read_header() {
  const HeaderScan scan = scan_header(buffer_, scanned_);
  if (scan.is_malformed) return refuse(400, "the request is not well-formed HTTP");
  const std::size_t length = scan.end == 0 ? buffer_.size() : scan.end;
  const std::size_t line_end = buffer_.find("\r\n");
  const std::size_t line_length = line_end == std::string::npos ? buffer_.size() : line_end;
  // 16 octets for method, blanks and version; the exact bound is checked below.
  if (line_length > bounds_.target_bytes + 64) return refuse(414, "the request target is too long");
  if (length > bounds_.header_bytes) return refuse(431, "the request header is too large");
  if (scan.end == 0) {
    scanned_ = buffer_.size() < 3 ? 0 : buffer_.size() - 3;
    return state_;
  }

  beast_http::request_parser<beast_http::empty_body> parser;
  parser.header_limit(static_cast<std::uint32_t>(bounds_.header_bytes + 1));
  parser.skip(true);  // the body is ours
  boost::system::error_code error;
  parser.put(boost::asio::buffer(buffer_.data(), scan.end), error);
  if (error == beast_http::error::bad_version) return refuse(505, "the server speaks HTTP/1.1");
  if (error || !parser.is_header_done()) return refuse(400, "the request is not well-formed HTTP");
  buffer_.erase(0, scan.end);
  const Message& message = parser.get();
  if (message.target().size() > bounds_.target_bytes) return refuse(414, "the request target is too long");
  if (message.version() != 11 && message.version() != 10) return refuse(505, "the server speaks HTTP/1.1");
  if (const auto fault = check_framing(message)) return refuse(fault->status, fault->text);
  request_ = to_request(message);
  // RFC 9112 section 3.2.4: the asterisk is for OPTIONS alone.
  const bool is_asterisk = request_.method == http::Method::options && message.target() == "*";
  if (!is_asterisk && !request_.path.starts_with('/')) return refuse(400, "the request target is not a path");
  expects_continue_ =
      message.version() == 11 && ascii_iequals(value_of(message, beast_http::field::expect), "100-continue");
  return begin_body(value_of(message, beast_http::field::content_length),
                    message.count(beast_http::field::transfer_encoding) > 0);
}

RequestParser::State RequestParser::begin_body(std::string_view content_length, bool is_chunked) {
  if (is_chunked) {
    chunked_.emplace(bounds_.body_bytes, std::min<std::size_t>(bounds_.header_bytes, 4096));
  } else if (!content_length.empty()) {
    const auto [end, error] =
        std::from_chars(content_length.data(), content_length.data() + content_length.size(), missing_);
    // check_framing left digits only; what does not fit is too large as well.
    if (error != std::errc{} || missing_ > bounds_.body_bytes) return refuse(413, "the request body is too large");
  }
  state_ = State::body;
  return state_;
}

RequestParser::State RequestParser::read_body() {
  if (chunked_) {
    std::string_view bytes = buffer_;
    const ChunkedBody::State state = chunked_->feed(bytes);
    buffer_.erase(0, buffer_.size() - bytes.size());
    if (state == ChunkedBody::State::malformed) return refuse(400, "the request body is not well-formed");
    if (state == ChunkedBody::State::too_large) return refuse(413, "the request body is too large");
    if (state == ChunkedBody::State::incomplete) return state_;
    request_.body = chunked_->take_body();
  } else {
    const std::size_t count = std::min(missing_, buffer_.size());
    request_.body.append(buffer_, 0, count);
    buffer_.erase(0, count);
    missing_ -= count;
    if (missing_ > 0) return state_;
  }
  state_ = State::done;
  return state_;
}

bool RequestParser::take_expects_continue() {
  const bool expected = expects_continue_ && state_ == State::body;
  expects_continue_ = false;
  return expected;
}

http::Request RequestParser::take() { return std::exchange(request_, http::Request()); }

}  // namespace certbound::net
