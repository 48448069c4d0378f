#pragma once

#include <string_view>

#include "tally.hpp"

namespace certbound::load {

/// What a token must be bound to: SHA-256 thumbprints in base64url. What is empty may not stand in it; where both are,
/// it has no `cnf`. With a `jkt` its type is DPoP, else Bearer.
struct Binding {
  std::string_view x5t_s256;
  std::string_view jkt;
};

/// Is the body a JSON object with a compact JWS as access token, of the right type and binding? Looks at the text of
/// both without parsing it: for every answer.
[[nodiscard]] Fault check_token_text(std::string_view body, const Binding& expected);

/// Parses the answer and its token: `cnf` must be exactly the binding, `client_id` must be `client_id` unless that is
/// empty. The signature is not verified: the generator must stay cheaper than the server, and the integration tests
/// verify it.
[[nodiscard]] Fault check_token_claims(std::string_view body, const Binding& expected, std::string_view client_id);

}  // namespace certbound::load
