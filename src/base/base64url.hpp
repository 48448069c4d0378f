#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace certbound {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

/// The octets of a string, not copied.
[[nodiscard]] ByteView as_bytes(std::string_view text);

/// base64url without padding (RFC 4648 section 5, RFC 7515 section 2).
[[nodiscard]] std::string base64url_encode(ByteView bytes);

/// Appends the same to `out`: for writers that build one buffer.
void base64url_append(std::string& out, ByteView bytes);

/// Strict: no padding, no white space, no character outside the alphabet, no length of 1 modulo 4, unused bits zero.
/// Nothing else decodes.
[[nodiscard]] std::optional<Bytes> base64url_decode(std::string_view text);

/// Standard base64 with padding, as `x5c` carries it (RFC 7517 section 4.7).
[[nodiscard]] std::string base64_encode(ByteView bytes);

/// Strict standard base64: padding required, no white space, unused bits zero.
[[nodiscard]] std::optional<Bytes> base64_decode(std::string_view text);

/// Lower-case hexadecimal.
[[nodiscard]] std::string hex_encode(ByteView bytes);

/// Pairs of hexadecimal digits in either case, and nothing else.
[[nodiscard]] std::optional<Bytes> hex_decode(std::string_view text);

}  // namespace certbound
