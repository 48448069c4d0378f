#include "fetch/response_parser.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>

#include "base/header_scan.hpp"
#include "base/text.hpp"

namespace certbound::fetch {

namespace {

namespace beast_http = boost::beast::http;

constexpr int kMaximumInterim = 4;
constexpr std::size_t kChunkOverheadBytes = 64UL * 1024;

}  // namespace

ResponseParser::State ResponseParser::refuse(Failure failure, std::string_view detail) {
  problem_ = Problem{failure, std::string{detail}};
  buffer_.clear();
  state_ = State::fault;
  return state_;
}

ResponseParser::State ResponseParser::feed(std::string_view bytes) {
  if (state_ == State::done || state_ == State::fault) return state_;
  if (state_ == State::header) {
    buffer_ += bytes;
    while (state_ == State::header) {
      const int before = interim_;
      if (read_header() == State::header && interim_ == before) return state_;
    }
    if (state_ == State::fault || state_ == State::done) return state_;
    return read_body();
  }
  buffer_ += bytes;
  return read_body();
}

ResponseParser::State ResponseParser::end() {
  if (state_ == State::body_until_close) state_ = State::done;
  if (state_ == State::header || state_ == State::body) {
    return refuse(Failure::closed, state_ == State::header ? "closed before the header ended" : "closed in the body");
  }
  return state_;
}

ResponseParser::State ResponseParser::read_header() {
  const HeaderScan scan = scan_header(buffer_, scanned_);
  if (scan.is_malformed) return refuse(Failure::malformed, "the header is not well formed");
  const std::size_t length = scan.end == 0 ? buffer_.size() : scan.end;
  if (length > bounds_.header_bytes) return refuse(Failure::header_too_large, "the header is too large");
  if (scan.end == 0) {
    scanned_ = buffer_.size() < 3 ? 0 : buffer_.size() - 3;
    return state_;
  }
  const std::string header = buffer_.substr(0, scan.end);
  buffer_.erase(0, scan.end);
  scanned_ = 0;
  return take_head(header);
}

ResponseParser::State ResponseParser::take_head(std::string_view header) {
  beast_http::response_parser<beast_http::empty_body> parser;
  parser.header_limit(static_cast<std::uint32_t>(bounds_.header_bytes + 1));
  parser.skip(true);  // the body is ours
  boost::system::error_code error;
  parser.put(boost::asio::buffer(header.data(), header.size()), error);
  if (error || !parser.is_header_done()) return refuse(Failure::malformed, "the header is not well formed");
  const auto& message = parser.get();
  if (message.version() != 11 && message.version() != 10) return refuse(Failure::malformed, "not HTTP/1.1");
  const int status = static_cast<int>(message.result_int());
  if (status < 100 || status > 599) return refuse(Failure::malformed, "not a status of HTTP");
  if (status < 200) {
    if (status == 101 || ++interim_ > kMaximumInterim) return refuse(Failure::malformed, "interim answers without end");
    return state_;
  }
  head_.status = status;
  for (const auto& field : message) {
    const std::string_view name{field.name_string().data(), field.name_string().size()};
    head_.fields.emplace_back(ascii_lower(name), std::string{field.value().data(), field.value().size()});
  }
  return begin_body();
}

/// RFC 9112 section 6.3.
ResponseParser::State ResponseParser::begin_body() {
  const auto length = head_.find("content-length");
  const auto coding = head_.find("transfer-encoding");
  if (length && coding) return refuse(Failure::malformed, "Content-Length and Transfer-Encoding exclude each other");
  if (coding && !ascii_iequals(*coding, "chunked")) {
    return refuse(Failure::malformed, "a transfer coding other than chunked");
  }
  std::size_t size = 0;
  if (length) {
    // Repeated, it would be a list here.
    if (length->empty() || length->find_first_not_of("0123456789") != std::string::npos) {
      return refuse(Failure::malformed, "Content-Length is not one number");
    }
    const auto [end, error] = std::from_chars(length->data(), length->data() + length->size(), size);
    if (error != std::errc{}) return refuse(Failure::malformed, "Content-Length is not one number");
  }
  if (head_.status == 204 || head_.status == 304) {
    state_ = State::done;
    return state_;
  }
  if (size > bounds_.body_bytes) return refuse(Failure::body_too_large, "the body is too large");
  missing_ = size;
  state_ = coding || length ? State::body : State::body_until_close;
  if (coding) chunked_.emplace(bounds_.body_bytes, kChunkOverheadBytes);
  return state_;
}

ResponseParser::State ResponseParser::read_body() {
  if (chunked_) {
    std::string_view bytes = buffer_;
    const ChunkedBody::State state = chunked_->feed(bytes);
    buffer_.erase(0, buffer_.size() - bytes.size());
    if (state == ChunkedBody::State::malformed) return refuse(Failure::malformed, "the chunks are not well formed");
    if (state == ChunkedBody::State::too_large) return refuse(Failure::body_too_large, "the body is too large");
    if (state == ChunkedBody::State::incomplete) return state_;
    body_ = chunked_->take_body();
    state_ = State::done;
    return state_;
  }
  if (state_ == State::body_until_close) {
    if (buffer_.size() > bounds_.body_bytes - body_.size()) {
      return refuse(Failure::body_too_large, "the body is too large");
    }
    body_ += buffer_;
    buffer_.clear();
    return state_;
  }
  const std::size_t count = std::min(missing_, buffer_.size());
  body_.append(buffer_, 0, count);
  buffer_.erase(0, count);
  missing_ -= count;
  if (missing_ == 0) state_ = State::done;
  return state_;
}

}  // namespace certbound::fetch
