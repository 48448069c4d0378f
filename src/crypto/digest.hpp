#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/base64url.hpp"

namespace certbound::crypto {

/// The 32 octets of a SHA-256. Compared in constant time.
struct Sha256 {
  std::array<std::uint8_t, 32> octets{};

  [[nodiscard]] bool operator==(const Sha256& other) const;
  /// Orders by value, for maps; not constant time.
  [[nodiscard]] std::strong_ordering operator<=>(const Sha256& other) const { return octets <=> other.octets; }

  /// base64url without padding: always 43 characters.
  [[nodiscard]] std::string to_base64url() const { return base64url_encode(octets); }
  /// Nothing for any other text.
  [[nodiscard]] static std::optional<Sha256> from_base64url(std::string_view text);
};

/// SHA-256 of `bytes`. The algorithm is fetched once per thread. Throws std::bad_alloc only.
[[nodiscard]] Sha256 sha256(ByteView bytes);
[[nodiscard]] inline Sha256 sha256(std::string_view text) { return sha256(as_bytes(text)); }

/// Equal without telling by its time where the first difference is. Unequal lengths are unequal at once.
[[nodiscard]] bool is_equal_constant_time(ByteView a, ByteView b);

/// For unordered containers: a digest is uniformly distributed already.
struct Sha256Hash {
  [[nodiscard]] std::size_t operator()(const Sha256& digest) const {
    std::size_t value = 0;
    std::memcpy(&value, digest.octets.data(), sizeof value);
    return value;
  }
};

}  // namespace certbound::crypto
