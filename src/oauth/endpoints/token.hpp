#pragma once

#include "audit/event.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "http/form.hpp"
#include "http/request.hpp"
#include "http/response.hpp"
#include "oauth/client_auth/method.hpp"
#include "oauth/issue.hpp"
#include "oauth/snapshot.hpp"
#include "oauth/token_request.hpp"
#include "store/client_directory.hpp"
#include "x509/verification_memory.hpp"

namespace certbound::oauth {

/// A token request that was read, and the client that it names.
struct TokenCall {
  TokenCall() = default;

  http::Form form;
  TokenRequest asked;
  store::ClientDirectory::Found registration;  ///< null where the client is not registered
};

/// `POST /oauth2/token` as far as it needs no snapshot: parses, and looks the client up, the only step that may
/// suspend. Fills `event` as far as it gets. Errors: `invalid_request`; as find_registration.
[[nodiscard]] Task<Result<TokenCall>> read_token_call(const http::Request& request, store::ClientDirectory& directory,
                                                      audit::Event& event);

/// The rest, under the snapshot that was current when the client had been looked up: authenticate, authorize, issue.
/// Where `context.ocsp` has questions afterwards nothing is decided, and the error is to be ignored: the request begins
/// anew with their answers. Errors: the codes of RFC 6749 section 5.2.
[[nodiscard]] Task<Result<http::Response>> grant_token(const TokenCall& call, const http::Request& request,
                                                       const AuthContext& context, TokenSigner& signer,
                                                       audit::Event& event);

}  // namespace certbound::oauth
