#include "verifier/check_claims.hpp"

#include <algorithm>

#include "base/clock.hpp"

namespace certbound::verifier {

namespace {

std::string describe_binding(const crypto::Sha256& certificate) {
  return "the token is bound to " + certificate.to_base64url() + ", ";
}

std::optional<Fault> check_demand(const Confirmation& confirmation, Binding demanded) {
  if (demanded == Binding::certificate && !confirmation.certificate) {
    return Fault{RefusalReason::confirmation_missing, "the token is bound to no certificate"};
  }
  if (confirmation.is_present || demanded == Binding::when_bound) return std::nullopt;
  return Fault{RefusalReason::confirmation_missing, "the token is bound to nothing"};
}

/// A bound token that passes as a bearer token is what DPoP is against; one that is bound to no key proves nothing with
/// a proof (RFC 9449 section 7.2).
std::optional<Fault> check_scheme(const Confirmation& confirmation, const Presentation& presented) {
  if (!confirmation.key) {
    if (presented.scheme == Scheme::bearer) return std::nullopt;
    return Fault{RefusalReason::scheme_wrong, "the token is bound to no DPoP key and came as DPoP"};
  }
  const std::string bound = "the token is bound to the DPoP key " + confirmation.key->to_base64url();
  if (!presented.check_key) return Fault{RefusalReason::proof_missing, bound + ", and proofs are not looked at here"};
  if (presented.scheme == Scheme::dpop) return std::nullopt;
  return Fault{RefusalReason::scheme_wrong, bound + " and came as Bearer"};
}

std::optional<Fault> check_certificate(const crypto::Sha256& bound, const PresentedCertificate& certificate) {
  if (!certificate.thumbprint()) {
    return Fault{RefusalReason::certificate_missing, describe_binding(bound) + "the peer presented no certificate"};
  }
  if (bound == crypto::Sha256{*certificate.thumbprint()}) return std::nullopt;
  return Fault{RefusalReason::certificate_mismatch,
               describe_binding(bound) + "the peer presented " + certificate.x5t_s256()};
}

}  // namespace

std::optional<Fault> check_addressing(const AccessToken& token, const ClaimPolicy& policy) {
  if (token.issuer != policy.issuer) {
    return Fault{RefusalReason::issuer_wrong,
                 "iss: " + quote_short(token.issuer) + ", not " + quote_short(policy.issuer)};
  }
  const auto is_ours = [&policy](const std::string& audience) {
    return std::find(policy.audiences.begin(), policy.audiences.end(), audience) != policy.audiences.end();
  };
  if (std::any_of(token.audience.begin(), token.audience.end(), is_ours)) return std::nullopt;
  return Fault{RefusalReason::audience_wrong,
               "aud: " + quote_short(token.audience.front()) + ", not " + quote_short(policy.audiences.front())};
}

std::optional<Fault> check_times(const AccessToken& token, const ClaimPolicy& policy, std::chrono::sys_seconds now) {
  if (now >= token.expires_at + policy.clock_skew) {
    return Fault{RefusalReason::expired, "exp: " + to_rfc3339(token.expires_at) + ", now " + to_rfc3339(now)};
  }
  // A token from the future is one of a clock that nobody should trust, also where `nbf` is absent.
  const auto valid_from = std::max(token.issued_at, token.not_before.value_or(token.issued_at));
  if (now + policy.clock_skew < valid_from) {
    return Fault{RefusalReason::not_yet_valid, "iat or nbf: " + to_rfc3339(valid_from) + ", now " + to_rfc3339(now)};
  }
  return std::nullopt;
}

std::optional<Fault> check_binding(const Claims& claims, const ClaimPolicy& policy, const Presentation& presented) {
  const PresentedCertificate& certificate = presented.certificate;
  if (certificate.is_malformed()) return Fault{RefusalReason::certificate_malformed, certificate.problem()};
  const Confirmation& confirmation = claims.confirmation;
  if (!confirmation.unknown.empty()) {
    return Fault{RefusalReason::confirmation_unknown,
                 "cnf: " + quote_short(confirmation.unknown) + " is not understood"};
  }
  if (auto fault = check_demand(confirmation, policy.binding)) return fault;
  if (auto fault = check_scheme(confirmation, presented)) return fault;
  if (confirmation.certificate) {
    if (auto fault = check_certificate(*confirmation.certificate, certificate)) return fault;
  }
  // Last: it uses the proof up.
  return confirmation.key ? presented.check_key(*confirmation.key) : std::nullopt;
}

std::optional<Fault> check_scopes(const AccessToken& token, std::span<const std::string_view> required) {
  for (const std::string_view scope : required) {
    if (!token.has_scope(scope))
      return Fault{RefusalReason::scope_missing, "scope: " + quote_short(scope) + " is missing"};
  }
  return std::nullopt;
}

std::optional<Fault> check_claims(const Claims& claims, const ClaimPolicy& policy, std::chrono::sys_seconds now,
                                  const FindDenial& find_denial, const Presentation& presented,
                                  std::span<const std::string_view> required) {
  if (auto fault = check_addressing(claims.token, policy)) return fault;
  if (auto fault = check_times(claims.token, policy, now)) return fault;
  if (auto fault = find_denial(claims.token)) return fault;
  if (auto fault = check_binding(claims, policy, presented)) return fault;
  // Last: 403 tells something of the token, and only to whoever holds it and the keys that it is bound to.
  return check_scopes(claims.token, required);
}

}  // namespace certbound::verifier
