#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace certbound::model {

/// JWS algorithms that certbound signs with (RFC 7518 section 3.1, RFC 8037).
enum class SigningAlgorithm : std::uint8_t { es256, ps256, eddsa, rs256 };

/// `ES256` and so on; parse finds nothing for any other text (case-sensitive).
[[nodiscard]] std::string_view name(SigningAlgorithm algorithm);
[[nodiscard]] std::optional<SigningAlgorithm> parse_signing_algorithm(std::string_view text);

/// Where a signing key is in its life. Only `active` signs; all are published.
enum class KeyState : std::uint8_t { next, active, retired };
[[nodiscard]] std::string_view name(KeyState state);
[[nodiscard]] std::optional<KeyState> parse_key_state(std::string_view text);

/// A signing key without its private half.
struct SigningKeyRecord {
  std::string kid;  ///< RFC 7638 thumbprint
  SigningAlgorithm algorithm = SigningAlgorithm::es256;
  KeyState state = KeyState::active;
  WallTime created_at{};
  [[nodiscard]] bool operator==(const SigningKeyRecord&) const = default;
};

}  // namespace certbound::model
