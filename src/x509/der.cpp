#include "x509/der.hpp"

#include <chrono>
#include <cstddef>

namespace certbound::x509 {

namespace {

constexpr std::uint8_t kLongLength = 0x80;
constexpr std::uint8_t kHighTag = 0x1f;
constexpr std::size_t kMaximumLengthOctets = 4;

/// The number in `digits`, which are all digits; otherwise -1.
int parse_digits(ByteView digits) {
  int number = 0;
  for (const std::uint8_t c : digits) {
    if (c < '0' || c > '9') return -1;
    number = number * 10 + (c - '0');
  }
  return number;
}

}  // namespace

std::optional<DerElement> DerReader::read() {
  if (rest_.size() < 2 || (rest_[0] & kHighTag) == kHighTag) return std::nullopt;
  std::size_t header = 2;
  std::size_t length = rest_[1];
  if (length >= kLongLength) {
    const std::size_t octets = length - kLongLength;
    if (octets == 0 || octets > kMaximumLengthOctets || rest_.size() < header + octets) return std::nullopt;
    length = 0;
    for (std::size_t i = 0; i < octets; ++i) length = (length << 8) | rest_[header + i];
    const bool is_shortest = length >= kLongLength && rest_[header] != 0;
    if (!is_shortest) return std::nullopt;
    header += octets;
  }
  if (length > rest_.size() - header) return std::nullopt;
  const DerElement element{rest_[0], rest_.subspan(header, length), rest_.first(header + length)};
  rest_ = rest_.subspan(header + length);
  return element;
}

std::optional<DerElement> DerReader::read(std::uint8_t tag) {
  if (!is_next(tag)) return std::nullopt;
  return read();
}

bool is_der_integer(ByteView content) {
  if (content.empty()) return false;
  if (content.size() == 1) return true;
  // Nine equal bits at the front: one octet less would do.
  const bool has_sign = (content[1] & 0x80) != 0;
  return !(content[0] == 0x00 && !has_sign) && !(content[0] == 0xff && has_sign);
}

std::optional<WallTime> parse_der_time(const DerElement& element) {
  const bool is_utc = element.tag == der_tag::kUtcTime;
  if (!is_utc && element.tag != der_tag::kGeneralizedTime) return std::nullopt;
  const std::size_t year_digits = is_utc ? 2 : 4;
  const ByteView text = element.content;
  if (text.size() != year_digits + 11 || text.back() != 'Z') return std::nullopt;
  int year = parse_digits(text.first(year_digits));
  if (is_utc && year >= 0) year += year < 50 ? 2000 : 1900;
  const auto pair = [&](std::size_t index) { return parse_digits(text.subspan(year_digits + 2 * index, 2)); };
  const int month = pair(0);
  const int day = pair(1);
  const int hour = pair(2);
  const int minute = pair(3);
  const int second = pair(4);
  if (year < 0 || month < 0 || day < 0) return std::nullopt;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
         std::chrono::seconds{second};
}

}  // namespace certbound::x509
