#include "base/clock.hpp"

#include <array>
#include <charconv>
#include <optional>

namespace certbound {

namespace {

/// What RFC 3339 can write: four digits of year.
constexpr WallTime kEarliest = std::chrono::sys_days{std::chrono::year{0} / 1 / 1};
constexpr WallTime kLatest = std::chrono::sys_days{std::chrono::year{9999} / 12 / 31} + std::chrono::seconds{86399};

struct DateTime {
  std::chrono::year_month_day date;
  std::chrono::hh_mm_ss<std::chrono::seconds> time;
};

DateTime split_time(WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  return {std::chrono::year_month_day{day}, std::chrono::hh_mm_ss{time - day}};
}

/// At least `width` digits of a number that is not negative. Not snprintf: every audit record has a time.
void append_digits(std::string& out, unsigned value, std::size_t width) {
  std::array<char, 16> digits{};
  std::size_t first = digits.size();
  while (value != 0 || digits.size() - first < width) {
    digits[--first] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  out.append(digits.data() + first, digits.size() - first);
}

std::string print_time(WallTime time, std::string_view tail) {
  const auto parts = split_time(time);
  const int year = static_cast<int>(parts.date.year());
  std::string out;
  out.reserve(24);
  if (year < 0) out.push_back('-');
  append_digits(out, static_cast<unsigned>(year < 0 ? -year : year), 4);
  out.push_back('-');
  append_digits(out, static_cast<unsigned>(parts.date.month()), 2);
  out.push_back('-');
  append_digits(out, static_cast<unsigned>(parts.date.day()), 2);
  out.push_back('T');
  append_digits(out, static_cast<unsigned>(parts.time.hours().count()), 2);
  out.push_back(':');
  append_digits(out, static_cast<unsigned>(parts.time.minutes().count()), 2);
  out.push_back(':');
  append_digits(out, static_cast<unsigned>(parts.time.seconds().count()), 2);
  return out.append(tail);
}

/// Exactly the digits of `text`, or nothing.
std::optional<int> parse_digits(std::string_view text) {
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

std::optional<std::chrono::seconds> parse_offset(std::string_view text) {
  if (text == "Z" || text == "z") return std::chrono::seconds{0};
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
  const auto hours = parse_digits(text.substr(1, 2));
  const auto minutes = parse_digits(text.substr(4, 2));
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  const std::chrono::seconds offset = std::chrono::hours{*hours} + std::chrono::minutes{*minutes};
  return text[0] == '-' ? -offset : offset;
}

/// The fraction of a second is skipped: certbound counts whole seconds.
std::string_view skip_fraction(std::string_view text) {
  if (text.empty() || text.front() != '.') return text;
  std::size_t digits = 1;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') ++digits;
  return digits == 1 ? text : text.substr(digits);
}

std::optional<WallTime> parse_rfc3339(std::string_view text) {
  if (text.size() < 20 || text[4] != '-' || text[7] != '-' || text[13] != ':' || text[16] != ':') return std::nullopt;
  if (text[10] != 'T' && text[10] != 't' && text[10] != ' ') return std::nullopt;
  const auto year = parse_digits(text.substr(0, 4));
  const auto month = parse_digits(text.substr(5, 2));
  const auto day = parse_digits(text.substr(8, 2));
  const auto hour = parse_digits(text.substr(11, 2));
  const auto minute = parse_digits(text.substr(14, 2));
  const auto second = parse_digits(text.substr(17, 2));
  const auto offset = parse_offset(skip_fraction(text.substr(19)));
  if (!year || !month || !day || !hour || !minute || !second || !offset) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return std::chrono::sys_days{date} + std::chrono::hours{*hour} + std::chrono::minutes{*minute} +
         std::chrono::seconds{*second} - *offset;
}

}  // namespace

WallTime wall_now() { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); }

std::string to_rfc3339(WallTime time) { return print_time(time, "Z"); }

std::string rfc3339_now_with_milliseconds() {
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
  std::string tail{"."};
  append_digits(tail, static_cast<unsigned>((now - seconds).count()), 3);
  return print_time(seconds, tail + "Z");
}

Result<WallTime> parse_time(std::string_view text) {
  long long seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  const bool is_number = error == std::errc{} && end == text.data() + text.size();
  const auto parsed = is_number ? WallTime{std::chrono::seconds{seconds}} : parse_rfc3339(text);
  if (parsed && *parsed >= kEarliest && *parsed <= kLatest) return *parsed;
  return invalid_input("\"" + std::string{text} +
                       "\" is not a time; write for example 2026-11-21T02:20:38Z or 1795227638");
}

}  // namespace certbound
