#pragma once

#include <span>
#include <string>
#include <string_view>

#include "oauth/options.hpp"

namespace certbound::oauth {

/// Every `alg` with which a client may sign under the profile, its assertions and its DPoP proofs; discovery publishes
/// exactly these.
[[nodiscard]] std::span<const std::string_view> client_algorithms(Profile profile);

/// The same, with commas between them: for people.
[[nodiscard]] std::string list_client_algorithms(Profile profile);

}  // namespace certbound::oauth
