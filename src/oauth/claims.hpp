#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "oauth/proof/binding.hpp"

namespace certbound::oauth {

/// `token_type` (RFC 6749 section 7.1): `DPoP` of a token that is bound to a DPoP key (RFC 9449 section 5), else
/// `Bearer`, also of a certificate-bound one (RFC 8705 section 3). A literal.
[[nodiscard]] std::string_view token_type(const Confirmation& confirmation);

/// What an access token says (RFC 9068 section 2.2), whatever its form: what is signed, sealed, introspected and judged
/// is this.
struct Claims {
  Claims() = default;

  std::string issuer;
  std::string subject;
  std::vector<std::string> audience;
  std::string client_id;
  WallTime issued_at{};
  WallTime expires_at{};
  std::string jti;
  std::string scope;  ///< empty: the token has none
  Confirmation confirmation;
};

/// Appends the members of a JSON object, each with a comma behind it: `"iss":"…",…,"cnf":{…},`.
void append_claims(std::string& out, const Claims& claims);

/// The claims of a token of ours: a JSON object with every member that append_claims() writes, of its type, no `nbf`,
/// and a `cnf` without members that are unknown here. Errors: `invalid_request`.
[[nodiscard]] Result<Claims> parse_claims(std::string_view json);

}  // namespace certbound::oauth
