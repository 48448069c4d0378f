#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"
#include "crypto/digest.hpp"
#include "model/client.hpp"
#include "x509/presented.hpp"

namespace certbound::oauth {

/// How a token is bound to what its client proved (RFC 7800 `cnf`). Members of both kinds stand beside each other, and
/// whoever accepts the token checks each.
struct Confirmation {
  Confirmation() = default;
  std::string x5t_s256;  ///< RFC 8705 section 3.1; empty: not bound to a certificate
  std::string jkt;       ///< RFC 9449 section 6.1; empty: not bound to a DPoP key
};

/// What a request has proven possession of, whatever its client is authenticated by.
struct ProvenKeys {
  const x509::PresentedChain* certificate = nullptr;  ///< of the connection; null where there is none
  std::optional<crypto::Sha256> dpop;                 ///< of the DPoP proof
};

/// RFC 8705 section 3 and RFC 9449 section 5, by the client's rule for each: never an unbound token where the client is
/// registered for a bound one, and nothing of what a client is registered for left out. Errors: what is required is
/// missing: `invalid_request`, certificate_missing or dpop_proof_missing; a proof that the client's rule does not want:
/// `invalid_request`, dpop_not_wanted.
[[nodiscard]] Result<Confirmation> bind(const model::Client& client, const ProvenKeys& proven);

}  // namespace certbound::oauth
