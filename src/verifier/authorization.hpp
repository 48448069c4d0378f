#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

#include "verifier/refusal.hpp"

namespace certbound::verifier {

/// The schemes that a verifier understands.
enum class Schemes : std::uint8_t { bearer, bearer_and_dpop };

/// The token of a request and how it was presented.
struct Credentials {
  Scheme scheme = Scheme::bearer;  ///< where there is no token: the one whose challenge says so
  std::variant<std::string_view, Fault> token;
};

/// From the values of every Authorization field of a request (RFC 6750 section 2.1, RFC 9449 section 7.1). The scheme
/// is compared without regard to case. One that is not understood is no token. Several fields, and a scheme with
/// anything but one token68 behind it, are request_malformed.
[[nodiscard]] Credentials find_credentials(std::span<const std::string_view> authorization, Schemes understood);

}  // namespace certbound::verifier
