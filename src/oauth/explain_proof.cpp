#include "oauth/explain_proof.hpp"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "jose/jws_verify.hpp"
#include "oauth/client_auth/assertion.hpp"
#include "proof/dpop_proof.hpp"

namespace certbound::oauth {

namespace {

using Json = nlohmann::json;

/// The reason of the verdict where it is one of these: those of the step.
Reason reason_among(const Explanation& verdict, std::initializer_list<Reason> reasons) {
  return std::find(reasons.begin(), reasons.end(), verdict.reason) == reasons.end() ? Reason::none : verdict.reason;
}

Step make_step_of(std::string_view step_name, const Explanation& verdict, std::initializer_list<Reason> reasons) {
  Step step = make_step(step_name, reason_among(verdict, reasons));
  if (step.outcome == StepOutcome::failed) step.detail = verdict.detail + "; " + std::string{meaning(verdict.reason)};
  return step;
}

/// Header and claims of a JWT, unbelieved; null values where it is none.
struct Peeked {
  Json header;
  Json claims;
};

Peeked peek(std::string_view token, std::size_t max_bytes) {
  Peeked peeked;
  const auto jws = jose::split_compact(token, max_bytes);
  if (!jws) return peeked;
  if (auto header = parse_json(jws->header_json)) peeked.header = *std::move(header);
  if (auto claims = parse_json(jws->payload)) peeked.claims = *std::move(claims);
  return peeked;
}

/// `alg "ES256", kid "one"`: a member that is absent is said to be.
std::string show(const Json& object, std::initializer_list<const char*> names) {
  std::string text;
  for (const char* member : names) {
    if (!text.empty()) text += ", ";
    text += member;
    const auto found = object.is_object() ? object.find(member) : object.end();
    text += object.is_object() && found != object.end() ? " " + dump_json(*found).substr(0, 256) : " absent";
  }
  return text;
}

/// NumericDates as people read them.
std::string show_dates(const Json& claims) {
  std::string text;
  for (const char* member : {"iat", "nbf", "exp"}) {
    const auto found = claims.is_object() ? claims.find(member) : claims.end();
    if (!claims.is_object() || found == claims.end() || !found->is_number()) continue;
    const auto seconds = found->get<double>();
    if (!(seconds >= 0 && seconds < 253402300800.0)) continue;
    if (!text.empty()) text += ", ";
    text += std::string{member} + " " + to_rfc3339(WallTime{std::chrono::seconds{static_cast<long long>(seconds)}});
  }
  return text.empty() ? "no date" : text;
}

std::string describe_key(const jose::Jwk& key) {
  return (key.kid.empty() ? "" : "kid \"" + key.kid + "\" ") + "thumbprint " + key.thumbprint.to_base64url();
}

std::string describe_keys(const store::DirectoryClient& client, const FetchedKeys& fetched) {
  std::vector<std::string> texts;
  for (const jose::Jwk& key : client.assertion_keys) texts.push_back(describe_key(key));
  if (fetched.keys != nullptr && fetched.keys->verifying) {
    for (const jose::Jwk& key : *fetched.keys->verifying) texts.push_back(describe_key(key));
  }
  std::string text = texts.empty() ? "no key" : join(texts, ", or ");
  if (!client.client.jwks_uri.empty()) text += " (" + fetched.source + ")";
  const std::string& algorithm = client.client.token_endpoint_auth_signing_alg;
  return text + ", alg " + (algorithm.empty() ? "any that the key fits" : algorithm);
}

std::string describe_secrets(const store::DirectoryClient& client, WallTime now) {
  std::vector<std::string> texts;
  if (!client.client.declared_secret_sha256.empty()) texts.emplace_back("that of client_secret_file");
  for (const model::ClientSecret& secret : client.client.secrets) {
    std::string text = "number " + std::to_string(secret.id);
    if (secret.expires_at) {
      text +=
          (now < *secret.expires_at ? ", which expires at " : ", which expired at ") + to_rfc3339(*secret.expires_at);
    }
    texts.push_back(std::move(text));
  }
  return texts.empty() ? "a secret; the client has none: client secret new makes one"
                       : "a secret: " + join(texts, "; ");
}

std::string describe_rule(const model::Client& client) {
  return "certificate: " + std::string{name(client.certificate_binding)} +
         ", DPoP: " + std::string{name(client.dpop_binding)};
}

}  // namespace

Step make_step(std::string_view step_name, Reason reason) {
  Step step;
  step.name = step_name;
  step.reason = reason;
  step.outcome = reason == Reason::none ? StepOutcome::passed : StepOutcome::failed;
  return step;
}

std::vector<Step> explain_assertion(const store::DirectoryClient& client, const Snapshot& snapshot,
                                    const FetchedKeys& fetched, const Credential& credential,
                                    const Explanation& verdict, WallTime now) {
  const Peeked peeked = peek(credential.assertion, kMaximumAssertionBytes);
  Step signature = make_step_of("signature", verdict,
                                {Reason::assertion_algorithm_refused, Reason::assertion_key_unknown,
                                 Reason::assertion_signature_wrong, Reason::assertion_type_wrong});
  signature.expected = describe_keys(client, fetched);
  signature.presented = show(peeked.header, {"alg", "kid", "typ"});
  Step claims = make_step_of("claims", verdict, {Reason::assertion_malformed, Reason::assertion_issuer_wrong});
  claims.expected = "iss and sub \"" + client.client.client_id.text() + "\", jti";
  claims.presented = show(peeked.claims, {"iss", "sub", "jti"});
  Step audience = make_step_of("audience", verdict, {Reason::assertion_audience_wrong});
  audience.expected = json_quoted(snapshot.issuer);
  audience.presented = show(peeked.claims, {"aud"});
  Step dates =
      make_step_of("dates", verdict,
                   {Reason::assertion_expired, Reason::assertion_not_yet_valid, Reason::assertion_lifetime_too_long});
  dates.expected = "valid at " + to_rfc3339(now) + ", for 5 minutes at the most";
  dates.presented = show_dates(peeked.claims);
  if (dates.outcome == StepOutcome::passed) {
    dates.detail = "whether it was used before, only the running server knows: assertion_replayed";
  }
  return {std::move(signature), std::move(claims), std::move(audience), std::move(dates)};
}

Step explain_secret(const store::DirectoryClient& client, const Credential& credential, const Explanation& verdict,
                    WallTime now) {
  Step step = make_step_of("secret", verdict, {Reason::secret_wrong, Reason::secret_expired});
  step.expected = describe_secrets(client, now);
  step.presented = "one of " + std::to_string(credential.secret.size()) + " characters";
  return step;
}

Step explain_dpop(const ExplainedRequest& request, const Explanation& verdict, WallTime now) {
  Step step = make_step_of("dpop", verdict,
                           {Reason::dpop_proof_malformed, Reason::dpop_type_wrong, Reason::dpop_algorithm_refused,
                            Reason::dpop_key_unusable, Reason::dpop_signature_wrong, Reason::dpop_method_wrong,
                            Reason::dpop_url_wrong, Reason::dpop_proof_expired, Reason::dpop_proof_not_yet_valid});
  if (!request.dpop) {
    step.expected = "a DPoP proof, where the client wants a token that is bound to its key";
    step.presented = "none";
    return step;
  }
  const Peeked peeked = peek(*request.dpop, proof::kMaximumProofBytes);
  step.expected = "typ \"dpop+jwt\", htm \"POST\", htu " + json_quoted(request.url) + ", made within a minute of " +
                  to_rfc3339(now);
  step.presented = show(peeked.header, {"typ", "alg"}) + ", " + show(peeked.claims, {"htm", "htu", "jti", "nonce"}) +
                   ", " + show_dates(peeked.claims);
  if (step.outcome == StepOutcome::passed) {
    step.detail = "whether it was used before, and whether its nonce is good, only the running server knows";
  }
  return step;
}

Step explain_binding(const model::Client& client, const Explanation& verdict,
                     const std::optional<Confirmation>& bound) {
  Step step = make_step_of("binding", verdict,
                           {Reason::certificate_missing, Reason::dpop_proof_missing, Reason::dpop_not_wanted});
  step.expected = describe_rule(client);
  if (!bound) return step;
  std::vector<std::string> members;
  if (!bound->x5t_s256.empty()) members.push_back("cnf.x5t#S256 = " + bound->x5t_s256);
  if (!bound->jkt.empty()) members.push_back("cnf.jkt = " + bound->jkt);
  step.presented = members.empty() ? "no cnf: an unbound token" : join(members, ", ");
  return step;
}

}  // namespace certbound::oauth
