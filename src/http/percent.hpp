#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace certbound::http {

/// What a plus stands for.
enum class Plus : std::uint8_t {
  plus,   ///< itself (RFC 3986)
  blank,  ///< as forms have it
};

/// Percent decoding (RFC 3986 section 2.1). Nothing where a percent sign has no two hexadecimal digits behind it.
[[nodiscard]] std::optional<std::string> decode_percent(std::string_view text, Plus plus);

}  // namespace certbound::http
