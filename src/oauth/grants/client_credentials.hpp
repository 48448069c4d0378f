#pragma once

#include "oauth/grants/grant.hpp"

namespace certbound::oauth {

/// client_credentials (RFC 6749 section 4.4): the client acts for itself; no user, no refresh token. Resources and
/// scopes are checked against the registration: a resource or scope that is not the client's is an error, never dropped
/// in silence.
class ClientCredentials final : public Grant {
 public:
  [[nodiscard]] Task<Result<Authorization>> authorize(const TokenRequest& request, const AuthenticatedClient& caller,
                                                      const Confirmation& bound,
                                                      const Snapshot& snapshot) const override;
};

[[nodiscard]] const Grant* client_credentials_grant();

}  // namespace certbound::oauth
