#include "base/reason.hpp"

#include <array>

namespace certbound {

namespace {

struct ReasonRow {
  Reason reason;
  std::string_view name;
  std::string_view meaning;
};

constexpr std::array<ReasonRow, kReasonCount> kReasons{{
    {Reason::none, "none", "Granted."},
    {Reason::malformed_form, "malformed_form",
     "The request body is not application/x-www-form-urlencoded: a bad percent escape, text that is not UTF-8, or a "
     "NUL."},
    {Reason::repeated_parameter, "repeated_parameter",
     "A parameter stands more than once (RFC 6749 section 3.2). Only `resource` may be repeated."},
    {Reason::missing_parameter, "missing_parameter", "A required parameter is absent or empty."},
    {Reason::wrong_content_type, "wrong_content_type", "The Content-Type is not application/x-www-form-urlencoded."},
    {Reason::unsupported_grant_type, "unsupported_grant_type", "The server has no grant of that name."},
    {Reason::grant_not_allowed, "grant_not_allowed",
     "The client is not registered for that grant: add it to `grant_types`."},
    {Reason::malformed_scope, "malformed_scope",
     "The scope holds a character that RFC 6749 section 3.3 does not permit."},
    {Reason::scope_not_allowed, "scope_not_allowed",
     "The client asked for a scope that is not in its registration: add it to the client's `scope`, or ask for less."},
    {Reason::scope_not_for_resource, "scope_not_for_resource",
     "The scope is registered for the client, but no requested resource offers it: add it to the resource's `scopes`, "
     "or name the "
     "resource that does."},
    {Reason::malformed_resource, "malformed_resource",
     "A `resource` parameter is not an absolute URI without a fragment (RFC 8707 section 2)."},
    {Reason::resource_unknown, "resource_unknown", "No resource with that identifier is configured."},
    {Reason::resource_not_allowed, "resource_not_allowed",
     "The resource exists, but not for this client: add it to the client's `resources`."},
    {Reason::resource_missing, "resource_missing",
     "The request names no resource and the client has none to default to: add `resources` to the client."},
    {Reason::resource_formats_differ, "resource_formats_differ",
     "The request names resources of which some take JWTs and others opaque tokens: one token for both there cannot "
     "be. "
     "Ask for one token each."},
    {Reason::token_not_owned, "token_not_owned",
     "A client asked to revoke a token that was issued to another client (RFC 7009 section 2.1); the token stays as it "
     "was."},
    {Reason::several_credentials, "several_credentials",
     "The request carries more than one kind of client authentication (RFC 6749 section 2.3)."},
    {Reason::client_unknown, "client_unknown", "No client with that client_id is registered."},
    {Reason::certificate_missing, "certificate_missing",
     "The connection presented no client certificate: the caller must use --cert and --key, on a listener that asks "
     "for one."},
    {Reason::method_mismatch, "method_mismatch", "The client is registered for another authentication method."},
    {Reason::subject_mismatch, "subject_mismatch",
     "The chain is good, but the certificate's subject or SAN is not the registered one. `client explain` shows both."},
    {Reason::subject_order_differs, "subject_order_differs",
     "The subject has the registered parts in another order. RFC 4514 writes the most specific part first; `client "
     "explain` prints the "
     "right string."},
    {Reason::certificate_not_registered, "certificate_not_registered",
     "The certificate, or its key where only the key is registered, is none of the client's registered ones."},
    {Reason::anchor_not_for_client, "anchor_not_for_client",
     "The chain does not end in an anchor of the client's own trust store; it may be another partner's CA."},
    {Reason::issuer_missing, "issuer_missing",
     "An intermediate certificate is missing: the client must send it, or the trust store must hold it under "
     "`intermediates`."},
    {Reason::certificate_expired, "certificate_expired", "A certificate of the chain has expired."},
    {Reason::certificate_not_yet_valid, "certificate_not_yet_valid",
     "A certificate of the chain is not valid yet; look at the clocks as well."},
    {Reason::wrong_purpose, "wrong_purpose",
     "The certificate's key usage or extended key usage does not permit TLS client authentication."},
    {Reason::not_strict, "not_strict",
     "A certificate of the chain lacks what the RFC 5280 profile demands, a key identifier for example. `strict: "
     "false` in the trust store "
     "accepts it."},
    {Reason::weak_key, "weak_key",
     "A key of the chain is weaker than 112 bits of security: RSA needs 2048 bits, EC 224."},
    {Reason::weak_signature, "weak_signature",
     "A certificate of the chain is signed with SHA-1, MD5 or another weak digest."},
    {Reason::bad_signature, "bad_signature", "A signature in the chain is wrong."},
    {Reason::chain_too_long, "chain_too_long", "The chain is longer or larger than the limits permit."},
    {Reason::unsupported_critical_extension, "unsupported_critical_extension",
     "A certificate of the chain has a critical extension that is not understood."},
    {Reason::name_constraints_violated, "name_constraints_violated",
     "A CA of the chain is constrained to names that the certificate leaves."},
    {Reason::ca_invalid, "ca_invalid",
     "A certificate was used as a CA that may not be one, or its path length constraint is exceeded."},
    {Reason::chain_invalid, "chain_invalid", "The chain is not valid for another reason; the detail has OpenSSL's."},
    {Reason::certificate_unusable, "certificate_unusable",
     "The certificate's key, subject or subjectAltName cannot be used; the detail says which."},
    {Reason::certificate_revoked, "certificate_revoked",
     "A CRL of its issuer lists a certificate of the chain, or an OCSP responder calls it revoked: the client needs a "
     "new one."},
    {Reason::revocation_unknown, "revocation_unknown",
     "The trust store requires revocation to be known, and neither a CRL of the issuer of a certificate of the chain "
     "tells (there is none, or it is past its nextUpdate), nor an OCSP responder, where the store asks one (it did not "
     "answer, its answer does not hold, or it does not know the certificate). The detail says which. Put the CA's "
     "newest CRL under `revocation.crls` and reload, or look at the responder."},
    {Reason::client_denied, "client_denied",
     "A denial takes the client out of service, whenever its tokens were issued: `deny list` shows it, `deny remove` "
     "ends it."},
    {Reason::certificate_denied, "certificate_denied",
     "A denial takes the certificate out of service: the client needs another one, or `deny remove` ends the denial."},
    {Reason::client_id_mismatch, "client_id_mismatch",
     "The parameter client_id names another client than the Authorization header or the assertion does."},
    {Reason::secret_missing, "secret_missing", "The client is registered for a secret, and the request carries none."},
    {Reason::secret_wrong, "secret_wrong",
     "The secret is none of the client's: `client show` says which it has; `client secret new` makes another."},
    {Reason::secret_expired, "secret_expired",
     "The secret was the client's and has expired: `client secret new` makes another."},
    {Reason::assertion_missing, "assertion_missing",
     "The client is registered for private_key_jwt, and the request carries no client_assertion."},
    {Reason::assertion_malformed, "assertion_malformed",
     "The client_assertion is no JWT: not three parts of base64url, not JSON, a repeated member, too large, or a claim "
     "that is missing or of another type."},
    {Reason::assertion_type_wrong, "assertion_type_wrong",
     "client_assertion_type is not jwt-bearer, or the `typ` of the JWT is that of something else: an access token, a "
     "DPoP proof."},
    {Reason::assertion_algorithm_refused, "assertion_algorithm_refused",
     "The assertion's `alg` is not what the client is registered for, or is accepted for nobody, or its header demands "
     "what is not understood."},
    {Reason::assertion_key_unknown, "assertion_key_unknown",
     "None of the client's keys has the assertion's `kid`, or fits its `alg`."},
    {Reason::assertion_signature_wrong, "assertion_signature_wrong",
     "The assertion was not signed by the client's key."},
    {Reason::assertion_issuer_wrong, "assertion_issuer_wrong",
     "`iss` and `sub` of the assertion are not both the client_id (RFC 7523 section 3)."},
    {Reason::assertion_audience_wrong, "assertion_audience_wrong",
     "`aud` of the assertion is not this server's issuer, alone and to the letter; the URL of an endpoint is refused "
     "(rfc7523bis)."},
    {Reason::assertion_expired, "assertion_expired", "`exp` of the assertion has passed."},
    {Reason::assertion_not_yet_valid, "assertion_not_yet_valid",
     "`nbf` or `iat` of the assertion is more than 10 s ahead; look at the clocks."},
    {Reason::assertion_lifetime_too_long, "assertion_lifetime_too_long",
     "The assertion would be valid for more than 5 minutes."},
    {Reason::assertion_replayed, "assertion_replayed",
     "The assertion's `jti` was used before: each request needs an assertion of its own."},
    {Reason::assertion_before_start, "assertion_before_start",
     "The assertion was made before the server started, so nobody can tell whether it was used; the client makes "
     "another."},
    {Reason::dpop_proof_missing, "dpop_proof_missing",
     "The client is registered for DPoP-bound tokens, and the request has no DPoP header."},
    {Reason::dpop_proof_repeated, "dpop_proof_repeated",
     "The request has more than one DPoP header, or one with several values."},
    {Reason::dpop_proof_malformed, "dpop_proof_malformed",
     "The DPoP proof is no JWT: not three parts of base64url, not JSON, a repeated member, too large, or a claim that "
     "is missing or of another type."},
    {Reason::dpop_type_wrong, "dpop_type_wrong", "`typ` of the DPoP proof is not dpop+jwt."},
    {Reason::dpop_algorithm_refused, "dpop_algorithm_refused",
     "`alg` of the DPoP proof is not accepted, or its header demands what is not understood."},
    {Reason::dpop_key_unusable, "dpop_key_unusable",
     "`jwk` of the DPoP proof is missing, weak, private, or does not fit its `alg`."},
    {Reason::dpop_signature_wrong, "dpop_signature_wrong", "The DPoP proof was not signed by the key in its header."},
    {Reason::dpop_method_wrong, "dpop_method_wrong", "`htm` of the DPoP proof is not the method of the request."},
    {Reason::dpop_url_wrong, "dpop_url_wrong",
     "`htu` of the DPoP proof is not the URL that was called, as the configuration knows it."},
    {Reason::dpop_proof_expired, "dpop_proof_expired", "`iat` of the DPoP proof is too old; look at the clocks."},
    {Reason::dpop_proof_not_yet_valid, "dpop_proof_not_yet_valid",
     "`iat` of the DPoP proof is more than 10 s ahead; look at the clocks."},
    {Reason::dpop_proof_replayed, "dpop_proof_replayed",
     "The DPoP proof was used before: each request needs a proof of its own."},
    {Reason::dpop_proof_before_start, "dpop_proof_before_start",
     "The DPoP proof was made before the server started, so nobody can tell whether it was used; the client makes "
     "another."},
    {Reason::dpop_nonce_missing, "dpop_nonce_missing",
     "The DPoP proof has no nonce, and `dpop.nonce` demands one: the answer has one for the next proof."},
    {Reason::dpop_nonce_wrong, "dpop_nonce_wrong",
     "The nonce of the DPoP proof is not one of ours, or too old: the answer has another."},
    {Reason::dpop_not_wanted, "dpop_not_wanted",
     "The request has a DPoP proof, and the client's `sender_constraint` is mtls: its tokens are bound to its "
     "certificate alone."},
    {Reason::invalid_input, "invalid_input", "A file or value given by the operator does not hold."},
    {Reason::overloaded, "overloaded", "A bounded queue is full; the request was refused with 503."},
    {Reason::denials_full, "denials_full",
     "The deny feed has room for so many revocations of one client, of all clients, and of certificates that were "
     "found "
     "revoked, and that many are in force: the client revokes more than its share, or `certbound_denials_by_origin` "
     "says who does. They end with the tokens that they name; 503 until then."},
    {Reason::replays_full, "replays_full",
     "The memory of used assertions and DPoP proofs is full, so a new one cannot be told from one that was used "
     "before; 503 until some of them have expired. `limits.replay_entries` is how many it holds."},
    {Reason::replays_unknown, "replays_unknown",
     "The server has just started, after a crash or beside clients whose clocks are ahead, and cannot tell which "
     "assertions and DPoP proofs were used; 503 for ten seconds at the most."},
    {Reason::audit_unavailable, "audit_unavailable",
     "The audit record could not be written, so nothing was granted. Look at the disk."},
    {Reason::internal, "internal", "A fault of the server; the log has the detail under the request id."},
}};

consteval bool is_in_order() {
  for (std::size_t i = 0; i < kReasons.size(); ++i) {
    if (kReasons[i].reason != static_cast<Reason>(i)) return false;
  }
  return true;
}
static_assert(is_in_order(), "kReasons has one row for each Reason, in order");

}  // namespace

std::string_view name(Reason reason) { return kReasons[static_cast<std::size_t>(reason)].name; }

std::string_view meaning(Reason reason) { return kReasons[static_cast<std::size_t>(reason)].meaning; }

}  // namespace certbound
