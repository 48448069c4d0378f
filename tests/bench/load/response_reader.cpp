#include "response_reader.hpp"

#include <charconv>

#include "base/text.hpp"

namespace certbound::load {

namespace {
constexpr std::size_t kFirstSize = 8UL * 1024;
constexpr std::size_t kMaximumSize = 256UL * 1024;

template <typename Number>
bool parse_decimal(std::string_view text, Number& out) {
  const auto [stop, fault] = std::from_chars(text.data(), text.data() + text.size(), out);
  return fault == std::errc{} && stop == text.data() + text.size();
}
}  // namespace

ResponseReader::ResponseReader() : buffer_(kFirstSize) {}

std::span<char> ResponseReader::space() {
  if (used_ == buffer_.size()) buffer_.resize(buffer_.size() * 2);
  return std::span{buffer_}.subspan(used_);
}

ResponseReader::State ResponseReader::commit(std::size_t size) {
  used_ += size;
  if (used_ > kMaximumSize) return State::malformed;
  if (head_size_ == 0) {
    if (const State state = parse_head(); state != State::complete) return state;
  }
  const std::size_t whole = head_size_ + body_size_;
  if (used_ < whole) return State::incomplete;
  // Nothing was asked for beyond this response, so nothing may follow it.
  return used_ == whole ? State::complete : State::malformed;
}

ResponseReader::State ResponseReader::parse_head() {
  const std::string_view text{buffer_.data(), used_};
  const auto end = text.find("\r\n\r\n");
  if (end == std::string_view::npos) return State::incomplete;
  auto line_end = text.find("\r\n");
  const std::string_view status_line = text.substr(0, line_end);
  if (!status_line.starts_with("HTTP/1.1 ") || status_line.size() < 12) return State::malformed;
  if (!parse_decimal(status_line.substr(9, 3), status_)) return State::malformed;
  while (line_end < end) {
    const auto begin = line_end + 2;
    line_end = text.find("\r\n", begin);
    if (!parse_field(text.substr(begin, line_end - begin))) return State::malformed;
  }
  head_size_ = end + 4;
  return has_length_ ? State::complete : State::malformed;
}

bool ResponseReader::parse_field(std::string_view line) {
  constexpr std::string_view kLength = "content-length";
  constexpr std::string_view kConnection = "connection";
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view field = line.substr(0, colon);
  const std::string_view value = trim(line.substr(colon + 1));
  if (field.size() == kLength.size() && ascii_iequals(field, kLength)) {
    if (has_length_ || !parse_decimal(value, body_size_)) return false;
    has_length_ = true;
  } else if (field.size() == kConnection.size() && ascii_iequals(field, kConnection)) {
    is_last_ = ascii_iequals(value, "close");
  }
  return true;
}

std::string_view ResponseReader::body() const { return {buffer_.data() + head_size_, body_size_}; }

void ResponseReader::reset() {
  used_ = head_size_ = body_size_ = 0;
  status_ = 0;
  has_length_ = is_last_ = false;
}

}  // namespace certbound::load
