#pragma once

#include <string_view>

#include "tally.hpp"

namespace certbound::load {

/// Is the body a JSON object with a compact JWS as access token? Looks at the text only: for every answer.
[[nodiscard]] Fault check_token_shape(std::string_view body);

/// Decodes the answer and its token: `cnf.x5t#S256` must be `thumbprint`, `client_id` must be `client_id` unless that
/// is empty. The signature is not verified: the generator must stay cheaper than the server, and the integration tests
/// verify it.
[[nodiscard]] Fault check_token_binding(std::string_view body, std::string_view thumbprint, std::string_view client_id);

}  // namespace certbound::load
