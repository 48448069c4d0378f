#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "certbound/presented_certificate.hpp"
#include "certbound/token_verifier.hpp"
#include "crypto/digest.hpp"
#include "verifier/claims.hpp"
#include "verifier/refusal.hpp"

namespace certbound::verifier {

/// What the claims are held against. Each check gives nothing where it is met.
struct ClaimPolicy {
  std::string issuer;
  std::vector<std::string> audiences;
  Binding binding = Binding::required;
  std::chrono::seconds clock_skew{0};
};

/// Is the token of that issuer and for one of these audiences (RFC 9068 section 4)?
[[nodiscard]] std::optional<Fault> check_addressing(const AccessToken& token, const ClaimPolicy& policy);

/// `exp`, `nbf` and `iat` (RFC 7519 section 4.1), give or take the skew.
[[nodiscard]] std::optional<Fault> check_times(const AccessToken& token, const ClaimPolicy& policy,
                                               std::chrono::sys_seconds now);

/// Has whoever sent the request proved possession of the DPoP key with that thumbprint? Uses the proof up.
using CheckKey = std::function<std::optional<Fault>(const crypto::Sha256& jkt)>;

/// How the token came, and over which connection.
struct Presentation {
  const PresentedCertificate& certificate;
  Scheme scheme = Scheme::bearer;
  CheckKey check_key;  ///< empty: no proof is looked at, so no token that is bound to a key is accepted
};

/// Is the token bound to this certificate (RFC 8705 section 3), to the key of the request's proof (RFC 9449 section 7),
/// to both, and did it come under the scheme that goes with that? Thumbprints are compared in constant time. A
/// confirmation that is not understood is refused, also beside one that is: whoever issued it asks for all of them.
[[nodiscard]] std::optional<Fault> check_binding(const Claims& claims, const ClaimPolicy& policy,
                                                 const Presentation& presented);

[[nodiscard]] std::optional<Fault> check_scopes(const AccessToken& token, std::span<const std::string_view> required);

/// Is the token out of service, although it is good otherwise?
using FindDenial = std::function<std::optional<Fault>(const AccessToken& token)>;

/// Every check of a token whose signature, or seal, is known to be right, in the order in which they are told: what is
/// remembered of a token ends before this.
[[nodiscard]] std::optional<Fault> check_claims(const Claims& claims, const ClaimPolicy& policy,
                                                std::chrono::sys_seconds now, const FindDenial& find_denial,
                                                const Presentation& presented,
                                                std::span<const std::string_view> required);

}  // namespace certbound::verifier
