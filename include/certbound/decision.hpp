#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "certbound/export.hpp"

namespace certbound {

/// Why a request is refused: for the log and for counting. The caller hears Refusal::status and
/// Refusal::www_authenticate alone, which do not tell most of them apart.
enum class RefusalReason : std::uint8_t {
  // 401, a challenge without an error: no credentials came (RFC 6750 section 3.1).
  token_missing,

  // 400 invalid_request.
  request_malformed,  ///< several Authorization fields, or a scheme with something that is no token

  // 401 invalid_token.
  token_malformed,        ///< not three parts of base64url, not JSON, a repeated member, too large
  header_refused,         ///< `alg` is not accepted, or the header demands what is not understood (`crit`, `b64`)
  key_unknown,            ///< the issuer's keys hold none of that name for that algorithm
  signature_wrong,        ///< forged, damaged, or of another key
  type_wrong,             ///< `typ` is not at+jwt: some other kind of JWT
  claims_malformed,       ///< a claim that RFC 9068 requires is absent, or of another type
  issuer_wrong,           ///< `iss` is not the one that was configured
  audience_wrong,         ///< the token is for another resource
  expired,                ///< `exp` has passed
  not_yet_valid,          ///< `nbf` or `iat` is to come
  denied,                 ///< the issuer's deny feed names it, its certificate or its client
  confirmation_missing,   ///< the token is bound to nothing, or not to what is demanded here
  confirmation_unknown,   ///< `cnf` demands a proof that is not understood here
  certificate_missing,    ///< the token is bound to a certificate and the peer presented none
  certificate_malformed,  ///< what was given as the connection's certificate is none
  certificate_mismatch,   ///< the token is bound to another certificate
  scheme_wrong,           ///< bound to a DPoP key and sent as `Bearer`, or sent as `DPoP` and bound to none
  proof_key_mismatch,     ///< the DPoP proof is of another key than the token's

  // 401 invalid_dpop_proof (RFC 9449 section 7.1), or invalid_token where the token came as `Bearer`.
  proof_missing,  ///< the token is bound to a DPoP key and there is no proof, or none is looked at here

  // 401 invalid_dpop_proof.
  proof_repeated,          ///< several DPoP fields
  proof_malformed,         ///< no compact JWS of at most 8 KiB with the claims of a proof
  proof_header_refused,    ///< `typ`, `alg` or `jwk`, or a `crit`
  proof_signature_wrong,   ///< of another key than its `jwk`, forged or damaged
  proof_request_mismatch,  ///< `htm` or `htu`: made for another request, or the server does not know its own URL
  proof_token_mismatch,    ///< `ath` is absent or of another token
  proof_expired,           ///< `iat` is too old
  proof_not_yet_valid,     ///< `iat` is too far ahead
  proof_before_start,      ///< made before DpopOptions::made_since
  proof_replayed,          ///< used before

  // 401 use_dpop_nonce (RFC 9449 section 9), with a nonce.
  proof_nonce_missing,
  proof_nonce_wrong,  ///< not of this verifier, or too old

  // 403 insufficient_scope.
  scope_missing,

  // 503 and 500, without a challenge.
  keys_unavailable,     ///< the issuer's keys could not be had, or not for too long
  denials_unavailable,  ///< the issuer's deny feed could not be had, or not for too long
  proofs_unavailable,   ///< whether the proof was used before cannot be told: too many are remembered
  internal,
};

/// `certificate_mismatch` and so on. A name is never changed and never reused.
[[nodiscard]] CERTBOUND_EXPORT std::string_view name(RefusalReason reason);

/// The answer to a request that is refused.
struct Refusal {
  RefusalReason reason = RefusalReason::internal;
  int status = 500;              ///< of the HTTP response
  std::string www_authenticate;  ///< the field of the response (RFC 6750 section 3); empty: none is sent
  std::string detail;            ///< for the log, never for the caller; one line; the token is not in it
  /// `www_authenticate`, where a field for each challenge is preferred: `Bearer` and `DPoP` where both are accepted.
  /// The first is that of the scheme that was used, and it alone says what is wrong.
  std::vector<std::string> challenges;
  std::string dpop_nonce;  ///< `DPoP-Nonce` of the response (RFC 9449 section 9); empty: none is sent
};

/// The claims of an access token that was accepted (RFC 9068 section 2.2).
struct AccessToken {
  std::string issuer;
  std::string subject;
  std::string client_id;
  std::string token_id;  ///< `jti`
  std::vector<std::string> audience;
  std::vector<std::string> scopes;
  std::chrono::sys_seconds issued_at;
  std::optional<std::chrono::sys_seconds> not_before;
  std::chrono::sys_seconds expires_at;
  /// `cnf.x5t#S256`. A token with neither this nor `jkt` is bound to nothing; only Binding::when_bound accepts it.
  std::optional<std::string> x5t_s256;
  std::optional<std::string> jkt;  ///< `cnf.jkt`: of the DPoP key that it is bound to, also beside a certificate
  std::string claims_json;         ///< all of them, as signed
  std::string key_id;              ///< `kid` of the key that verified it

  [[nodiscard]] CERTBOUND_EXPORT bool has_scope(std::string_view scope) const;
};

/// Accepted, with the token's claims, or refused, with the answer to give.
class Decision {
 public:
  explicit Decision(std::shared_ptr<const AccessToken> token) : outcome_{std::move(token)} {}
  explicit Decision(Refusal refusal) : outcome_{std::move(refusal)} {}

  [[nodiscard]] bool is_accepted() const { return outcome_.index() == 0; }
  [[nodiscard]] explicit operator bool() const { return is_accepted(); }

  /// Throws std::bad_variant_access where it was refused.
  [[nodiscard]] const AccessToken& token() const { return *std::get<std::shared_ptr<const AccessToken>>(outcome_); }
  /// The same, to keep for longer than the decision.
  [[nodiscard]] const std::shared_ptr<const AccessToken>& shared_token() const {
    return std::get<std::shared_ptr<const AccessToken>>(outcome_);
  }
  /// Throws std::bad_variant_access where it was accepted.
  [[nodiscard]] const Refusal& refusal() const { return std::get<Refusal>(outcome_); }

 private:
  std::variant<std::shared_ptr<const AccessToken>, Refusal> outcome_;
};

}  // namespace certbound
