#pragma once

#include <string>

#include "base/result.hpp"
#include "model/client.hpp"
#include "x509/presented.hpp"

namespace certbound::oauth {

/// How a token is bound to what its client proved (RFC 7800 `cnf`).
struct Confirmation {
  Confirmation() = default;
  std::string x5t_s256;  ///< RFC 8705 section 3.1; empty: not bound to a certificate
  std::string jkt;       ///< RFC 9449 section 6.1; empty: not bound to a DPoP key
};

/// RFC 8705 section 3: bound where the client is registered for it, to the leaf of this request's connection.
/// Errors: `invalid_client`, certificate_missing where binding is required and there is nothing to bind to: never an
/// unbound token.
[[nodiscard]] Result<Confirmation> bind_certificate(const model::Client& client, const x509::PresentedChain* presented);

}  // namespace certbound::oauth
