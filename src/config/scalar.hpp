#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace certbound::config {

// What a scalar without quotes is to YAML 1.2 (core schema, section 10.3.2): text only where it is none of these.

/// A number in any of the core schema's forms: `17`, `-1.5`, `1e3`, `0x1f`, `.inf`.
[[nodiscard]] bool looks_like_number(std::string_view text);
[[nodiscard]] bool looks_like_null(std::string_view text);
/// In any case, as the core schema and older readers have it.
[[nodiscard]] bool looks_like_boolean(std::string_view text);

/// A decimal number without sign and leading zeros (`017` is 15 to some readers); nothing for any other text and where
/// it does not fit.
[[nodiscard]] std::optional<std::int64_t> parse_decimal(std::string_view text);
/// Octets: a decimal number, perhaps with KiB or MiB.
[[nodiscard]] std::optional<std::int64_t> parse_size(std::string_view text);
/// Seconds: a decimal number with s, m, h or d.
[[nodiscard]] std::optional<std::int64_t> parse_duration(std::string_view text);

}  // namespace certbound::config
