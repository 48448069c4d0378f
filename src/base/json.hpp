#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "base/result.hpp"

namespace certbound {

/// What parse_json accepts at the most. The defaults fit what a stranger may send.
struct JsonLimits {
  std::size_t max_bytes = 64UL * 1024;
  int max_depth = 16;
};

/// Strict JSON (RFC 8259): UTF-8 without a byte order mark, one value, no trailing text; a repeated member name, a
/// deeper nesting and a longer text than the limits permit are errors, since JSON libraries disagree about which of two
/// members counts. Errors: `invalid_request`, the place and the fault in `detail`.
[[nodiscard]] Result<nlohmann::json> parse_json(std::string_view text, JsonLimits limits = JsonLimits{});

/// The string member `name` of an object, or an empty view where it is absent or not a string. Valid while `object`
/// lives.
[[nodiscard]] std::string_view string_member(const nlohmann::json& object, std::string_view name);

/// How a NumericDate with a fraction becomes a whole second.
enum class Rounding : std::uint8_t { down, up };

/// RFC 7519 section 2: seconds since 1970, perhaps with a fraction. Nothing where `value` is no number, or none of a
/// time before the year 10000.
[[nodiscard]] std::optional<std::chrono::sys_seconds> parse_numeric_date(const nlohmann::json& value,
                                                                         Rounding rounding);

/// Compact; text that is not UTF-8 is replaced by U+FFFD, so it never throws.
[[nodiscard]] std::string dump_json(const nlohmann::json& value);

}  // namespace certbound
