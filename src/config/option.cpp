#include "config/option.hpp"

#include <array>
#include <utility>

namespace certbound::config {

namespace {

using Unit = std::pair<std::int64_t, std::string_view>;

template <std::size_t Count>
std::string render_in_units(std::int64_t value, const std::array<Unit, Count>& units) {
  for (const auto& [factor, name] : units) {
    if (value != 0 && value % factor == 0) return std::to_string(value / factor) + std::string{name};
  }
  return "0" + std::string{units.back().second};
}

}  // namespace

std::optional<std::size_t> find_option(const Table& table, std::string_view key) {
  for (std::size_t i = 0; i < table.options.size(); ++i) {
    if (table.options[i].key == key) return i;
  }
  return std::nullopt;
}

std::string render_duration(std::int64_t seconds) {
  static constexpr std::array<Unit, 4> kUnits{{{86400, "d"}, {3600, "h"}, {60, "m"}, {1, "s"}}};
  return render_in_units(seconds, kUnits);
}

std::string render_size(std::int64_t octets) {
  static constexpr std::array<Unit, 3> kUnits{{{1LL << 20, "MiB"}, {1LL << 10, "KiB"}, {1, ""}}};
  return render_in_units(octets, kUnits);
}

}  // namespace certbound::config
