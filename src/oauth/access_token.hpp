#pragma once

#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "jose/jwk.hpp"
#include "oauth/claims.hpp"
#include "oauth/snapshot.hpp"

namespace certbound::oauth {

/// The public keys that verify tokens of ours: those that `jwks` publishes. Errors: `server_error`.
[[nodiscard]] Result<std::vector<jose::Jwk>> parse_own_keys(const Document& jwks);

/// The claims of an access token that this server issued, under this issuer: a JWT that one of `keys` signed, or an
/// opaque one that a key of the snapshot sealed. Nothing of the token is believed before its signature or seal; its
/// `typ` is that of an access token (RFC 9068 section 4), so that nothing else that we sign passes for one. Whether it
/// is still active, judge_token() says. Errors: `invalid_request`, for whatever does not hold.
[[nodiscard]] Result<Claims> open_access_token(std::string_view token, const Snapshot& snapshot,
                                               const std::vector<jose::Jwk>& keys);

}  // namespace certbound::oauth
