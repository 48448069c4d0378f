#pragma once

#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "jose/jws_sign.hpp"
#include "oauth/grants/grant.hpp"
#include "oauth/snapshot.hpp"

namespace certbound::oauth {

/// A token as the client gets it, and what the audit record says of it.
struct IssuedToken {
  IssuedToken() = default;

  std::string access_token;  ///< never logged
  std::string jti;
  WallTime expires_at{};
};

/// Makes access tokens with one key, for one worker. Not thread safe.
class TokenSigner {
 public:
  /// Errors: `server_error`.
  [[nodiscard]] static Result<TokenSigner> make(const SigningKey& key);

  /// RFC 9068 JWT with `cnf` (RFC 8705 section 3.1). `now` is the one time of the request: `iat`. Errors:
  /// `server_error`.
  [[nodiscard]] Result<IssuedToken> issue(const Authorization& authorization, const Snapshot& snapshot, WallTime now);

 private:
  TokenSigner(jose::Signer signer, std::string header) : signer_{std::move(signer)}, header_{std::move(header)} {}

  jose::Signer signer_;
  std::string header_;   // base64url of the JOSE header, with the dot after it
  std::string payload_;  // kept for its capacity
};

}  // namespace certbound::oauth
