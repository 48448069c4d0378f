#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "certbound/decision.hpp"
#include "crypto/digest.hpp"

namespace certbound::verifier {

/// What a token demands of whoever presents it (RFC 7800 section 3.1).
struct Confirmation {
  bool is_present = false;                    ///< there is a `cnf`
  std::optional<crypto::Sha256> certificate;  ///< `x5t#S256` (RFC 8705 section 3.1)
  std::optional<crypto::Sha256> key;          ///< `jkt` (RFC 9449 section 6.1)
  std::string unknown;                        ///< a member that is not understood; empty where there is none
};

/// The claims of one access token, read and not judged.
struct Claims {
  AccessToken token;
  Confirmation confirmation;
};

/// `payload` of a JWS that was verified: a JSON object without repeated members, with every claim that RFC 9068
/// section 2.2 requires, each of its type. A NumericDate may have a fraction; then the second is taken in which less is
/// valid. Errors: `invalid_request`, the claim and the fault in `detail`.
[[nodiscard]] Result<Claims> parse_claims(std::string payload);

}  // namespace certbound::verifier
