#pragma once

#include <span>
#include <string_view>
#include <variant>

#include "verifier/refusal.hpp"

namespace certbound::verifier {

/// The token of a request, from the values of every Authorization field that it has (RFC 6750 section 2.1). The scheme
/// is compared without regard to case. Another scheme is no token. Several fields, and `Bearer` with anything but one
/// b64token behind it, are request_malformed.
[[nodiscard]] std::variant<std::string_view, Fault> find_bearer_token(std::span<const std::string_view> authorization);

}  // namespace certbound::verifier
