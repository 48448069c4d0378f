#pragma once

#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "jose/jws_sign.hpp"
#include "oauth/claims.hpp"
#include "oauth/grants/grant.hpp"
#include "oauth/sealed_token.hpp"
#include "oauth/snapshot.hpp"

namespace certbound::oauth {

/// A token as the client gets it, and what the audit record says of it.
struct IssuedToken {
  IssuedToken() = default;

  std::string access_token;  ///< never logged
  std::string kid;           ///< of the key that signed or sealed it
  Claims claims;
};

/// Makes access tokens, and what else the server signs, with one key, for one worker. Not thread safe.
class TokenSigner {
 public:
  /// Errors: `server_error`.
  [[nodiscard]] static Result<TokenSigner> make(const SigningKey& key);

  /// RFC 9068 JWT with `cnf` (RFC 8705 section 3.1), or the same claims sealed, as the authorization says. `now` is the
  /// one time of the request: `iat`. Errors: `server_error`.
  [[nodiscard]] Result<IssuedToken> issue(const Authorization& authorization, const Snapshot& snapshot, WallTime now);

  /// Any other statement of ours: `payload` is a JSON object, `typ` a literal that tells it from an access token (RFC
  /// 8725 section 3.11). Errors: `server_error`.
  [[nodiscard]] Result<std::string> sign(std::string_view typ, std::string_view payload);

 private:
  TokenSigner(jose::Signer signer, const model::SigningKeyRecord& key);
  [[nodiscard]] Result<void> append_signed(std::string& out, std::string_view header, std::string_view payload);

  jose::Signer signer_;
  model::SigningAlgorithm algorithm_;
  std::string kid_;
  std::string header_;   // base64url of an access token's JOSE header, with the dot after it
  std::string payload_;  // kept for its capacity
  TokenSealer sealer_;
};

}  // namespace certbound::oauth
