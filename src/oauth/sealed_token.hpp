#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "oauth/claims.hpp"
#include "oauth/snapshot.hpp"

namespace certbound::oauth {

/// An opaque access token: the claims, sealed so that only this server reads them (docs/adr/0023). A compact JWE with
/// `typ: at+sealed`, some 400 octets; what is in it is nobody else's business. `keys`: the first seals. Errors:
/// `server_error`, also where there is no key.
[[nodiscard]] Result<std::string> seal_token(const Claims& claims, std::span<const SealingKey> keys);

/// The claims of a token that seal_token() made with one of `keys`. Errors: `invalid_request`.
[[nodiscard]] Result<Claims> open_sealed_token(std::string_view token, std::span<const SealingKey> keys);

}  // namespace certbound::oauth
