#include "fetch/cache.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <vector>

#include "base/text.hpp"

namespace certbound::fetch {

namespace {

using std::chrono::seconds;

constexpr std::size_t kMaximumValidatorBytes = 256;
/// RFC 9111 section 1.2.2: a larger number means this one.
constexpr seconds kForever{2147483648};

bool are_cache_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// delta-seconds; what does not fit is forever.
std::optional<seconds> parse_delta(std::string_view text) {
  if (!are_cache_digits(text)) return std::nullopt;
  long long number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return kForever;
  return std::min(seconds{number}, kForever);
}

std::optional<int> parse_number(std::string_view text) {
  int number = 0;
  if (text.starts_with(' ')) text.remove_prefix(1);  // asctime pads the day
  if (!are_cache_digits(text) || text.size() > 4) return std::nullopt;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::optional<unsigned> parse_month(std::string_view text) {
  constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto* const found = std::find(kMonths.begin(), kMonths.end(), text);
  if (found == kMonths.end()) return std::nullopt;
  return static_cast<unsigned>(found - kMonths.begin()) + 1;
}

struct DateParts {
  std::string_view month;
  std::string_view day;
  std::string_view time;  // HH:MM:SS
};

std::optional<WallTime> to_time(const DateParts& parts, int year) {
  const auto month = parse_month(parts.month);
  const auto day = parse_number(parts.day);
  const std::string_view time = parts.time;
  if (!month || !day || time.size() != 8 || time[2] != ':' || time[5] != ':') return std::nullopt;
  const auto hour = parse_number(time.substr(0, 2));
  const auto minute = parse_number(time.substr(3, 2));
  const auto second = parse_number(time.substr(6, 2));
  // 60 is a leap second.
  if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{*month},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days{date} + std::chrono::hours{*hour} + std::chrono::minutes{*minute} + seconds{*second};
}

/// RFC 9110 section 5.6.7: a two-digit year that seems more than 50 years in the future is of the past century.
std::optional<int> full_year(std::string_view two_digits, WallTime now) {
  const auto short_year = parse_number(two_digits);
  if (!short_year) return std::nullopt;
  const std::chrono::year_month_day today{std::chrono::floor<std::chrono::days>(now)};
  const int present = static_cast<int>(today.year());
  const int year = present - present % 100 + *short_year;
  return year > present + 50 ? year - 100 : year;
}

/// A directive of Cache-Control: `max-age=60`, `no-cache="set-cookie"`.
struct Directive {
  std::string name;
  std::string value;
};

/// The comma-separated list; a comma inside a quoted string separates nothing.
std::vector<Directive> parse_directives(std::string_view text) {
  std::vector<Directive> directives;
  std::string part;
  bool is_quoted = false;
  const auto end_part = [&directives, &part] {
    const std::string_view whole = trim(part);
    const std::size_t equals = whole.find('=');
    const bool has_value = equals != std::string_view::npos;
    std::string_view value = has_value ? trim(whole.substr(equals + 1)) : std::string_view{};
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
    if (!whole.empty()) directives.push_back({ascii_lower(trim(whole.substr(0, equals))), std::string{value}});
    part.clear();
  };
  for (const char c : text) {
    if (c == '"') is_quoted = !is_quoted;
    if (c == ',' && !is_quoted) {
      end_part();
    } else {
      part.push_back(c);
    }
  }
  end_part();
  return directives;
}

/// The lifetime that the headers give, counted from when the answer was made; nothing where they say nothing.
std::optional<seconds> read_lifetime(const ResponseHead& head, WallTime now) {
  std::optional<seconds> max_age;
  if (const auto control = head.find("cache-control")) {
    for (const Directive& directive : parse_directives(*control)) {
      if (directive.name == "no-store" || directive.name == "no-cache") return seconds{0};
      if (directive.name != "max-age") continue;
      const seconds age = parse_delta(directive.value).value_or(seconds{0});
      // Repeated, the shortest counts: the others may be an accident.
      max_age = max_age ? std::min(*max_age, age) : age;
    }
  }
  if (max_age) return max_age;
  const auto expires = head.find("expires");
  if (!expires) return std::nullopt;
  const auto end = parse_http_date(*expires, now);
  if (!end) return seconds{0};
  const auto date_text = head.find("date");
  const auto date = date_text ? parse_http_date(*date_text, now) : std::nullopt;
  return std::clamp(*end - date.value_or(now), seconds{0}, kForever);
}

/// How long the answer had been in a cache on its way.
seconds read_age(const ResponseHead& head) {
  const auto age = head.find("age");
  if (!age) return seconds{0};
  // A list would be the work of several caches; the first number is the one that counts (RFC 9111 section 5.1).
  return parse_delta(trim(std::string_view{*age}.substr(0, age->find(',')))).value_or(seconds{0});
}

bool is_entity_tag(std::string_view text) {
  if (text.starts_with("W/")) text.remove_prefix(2);
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return false;
  text = text.substr(1, text.size() - 2);
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto octet = static_cast<unsigned char>(c);
    return octet > 0x20 && octet < 0x7f && c != '"';
  });
}

}  // namespace

std::optional<WallTime> parse_http_date(std::string_view text, WallTime now) {
  // Sun, 06 Nov 1994 08:49:37 GMT
  if (text.size() == 29 && text.substr(3, 2) == ", " && text.ends_with(" GMT")) {
    if (text[7] != ' ' || text[11] != ' ' || text[16] != ' ') return std::nullopt;
    const auto year = parse_number(text.substr(12, 4));
    if (!year) return std::nullopt;
    return to_time({text.substr(8, 3), text.substr(5, 2), text.substr(17, 8)}, *year);
  }
  // Sunday, 06-Nov-94 08:49:37 GMT
  const std::size_t comma = text.find(", ");
  if (comma != std::string_view::npos && comma >= 6 && text.size() == comma + 24 && text.ends_with(" GMT")) {
    const std::string_view rest = text.substr(comma + 2);
    const auto year = full_year(rest.substr(7, 2), now);
    if (!year || rest[2] != '-' || rest[6] != '-' || rest[9] != ' ') return std::nullopt;
    return to_time({rest.substr(3, 3), rest.substr(0, 2), rest.substr(10, 8)}, *year);
  }
  // Sun Nov  6 08:49:37 1994
  if (text.size() == 24 && text[3] == ' ' && text[7] == ' ' && text[10] == ' ' && text[19] == ' ') {
    const auto year = parse_number(text.substr(20, 4));
    if (!year) return std::nullopt;
    return to_time({text.substr(4, 3), text.substr(8, 2), text.substr(11, 8)}, *year);
  }
  return std::nullopt;
}

seconds freshness(const ResponseHead& head, WallTime now, const FreshnessBounds& bounds) {
  const auto lifetime = read_lifetime(head, now);
  const seconds wanted = lifetime ? *lifetime - read_age(head) : bounds.otherwise;
  // The maximum last: it holds even where the bounds contradict each other.
  return std::min(std::max(wanted, bounds.minimum), bounds.maximum);
}

Validators read_validators(const ResponseHead& head, WallTime now) {
  Validators validators;
  const auto etag = head.find("etag");
  if (etag && etag->size() <= kMaximumValidatorBytes && is_entity_tag(*etag)) validators.etag = *etag;
  const auto modified = head.find("last-modified");
  if (modified && parse_http_date(*modified, now)) validators.last_modified = *modified;
  return validators;
}

std::optional<seconds> read_retry_after(const ResponseHead& head, WallTime now) {
  const auto text = head.find("retry-after");
  if (!text) return std::nullopt;
  if (const auto delta = parse_delta(*text)) return delta;
  const auto time = parse_http_date(*text, now);
  if (!time) return std::nullopt;
  return std::clamp(*time - now, seconds{0}, kForever);
}

}  // namespace certbound::fetch
