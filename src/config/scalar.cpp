#include "config/scalar.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>

#include "base/text.hpp"

namespace certbound::config {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// A number with one of the units; the empty unit stands for none.
template <std::size_t Count>
std::optional<std::int64_t> parse_with_unit(std::string_view text,
                                            const std::array<std::pair<std::string_view, std::int64_t>, Count>& units) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::optional<std::int64_t> number = parse_decimal(text.substr(0, digits));
  if (!number) return std::nullopt;
  for (const auto& [unit, factor] : units) {
    if (text.substr(digits) != unit) continue;
    std::int64_t value = 0;
    if (__builtin_mul_overflow(*number, factor, &value)) return std::nullopt;
    return value;
  }
  return std::nullopt;
}

}  // namespace

bool looks_like_number(std::string_view text) {
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  const std::string lower = ascii_lower(text);
  if (lower == ".inf" || lower == ".nan") return true;
  if (lower.starts_with("0x") || lower.starts_with("0o")) {
    return lower.size() > 2 && lower.find_first_not_of("0123456789abcdef", 2) == std::string::npos;
  }
  const auto skip_digits = [&text] {
    const std::size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(count);
    return count;
  };
  std::size_t digits = skip_digits();
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    digits += skip_digits();
  }
  if (digits == 0) return false;
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    if (skip_digits() == 0) return false;
  }
  return text.empty();
}

bool looks_like_null(std::string_view text) {
  return text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL";
}

bool looks_like_boolean(std::string_view text) {
  const std::string lower = ascii_lower(text);
  return lower == "true" || lower == "false";
}

std::optional<std::int64_t> parse_decimal(std::string_view text) {
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::int64_t> parse_size(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, std::int64_t>, 3> kUnits{
      {{"", 1}, {"KiB", 1LL << 10}, {"MiB", 1LL << 20}}};
  return parse_with_unit(text, kUnits);
}

std::optional<std::int64_t> parse_duration(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, std::int64_t>, 4> kUnits{
      {{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}}};
  return parse_with_unit(text, kUnits);
}

}  // namespace certbound::config
