#include "http/accept.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace certbound::http {

namespace {

/// A weight in thousandths; 0, not wanted, where it is malformed.
int parse_weight(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return 0;
  if (text.size() > 1 && text[1] != '.') return 0;
  const std::string_view decimals = text.size() > 1 ? text.substr(2) : std::string_view{};
  int weight = text[0] == '1' ? 1000 : 0;
  int unit = 100;
  for (const char digit : decimals) {
    if (digit < '0' || digit > '9') return 0;
    weight += (digit - '0') * unit;
    unit /= 10;
  }
  return std::min(weight, 1000);
}

/// 0 where `type` is not named.
int weight_of(std::string_view accept, std::string_view type) {
  for (const std::string_view range : split(accept, ',')) {
    const auto parts = split(range, ';');
    if (!ascii_iequals(trim(parts.front()), type)) continue;
    for (std::size_t i = 1; i < parts.size(); ++i) {
      const std::string_view parameter = trim(parts[i]);
      if (parameter.starts_with("q=") || parameter.starts_with("Q=")) return parse_weight(parameter.substr(2));
    }
    return 1000;
  }
  return 0;
}

}  // namespace

bool prefers(std::string_view accept, std::string_view type, std::string_view other) {
  const int weight = weight_of(accept, type);
  return weight > 0 && weight >= weight_of(accept, other);
}

}  // namespace certbound::http
