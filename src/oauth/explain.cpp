#include "oauth/explain.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "crypto/key.hpp"
#include "fetch/url.hpp"
#include "jose/jwk.hpp"
#include "oauth/client_auth/authenticate.hpp"
#include "oauth/explain_proof.hpp"
#include "oauth/proof/dpop.hpp"
#include "x509/name.hpp"
#include "x509/validity.hpp"

namespace certbound::oauth {

namespace {

std::string subject_of(const x509::Certificate& certificate) {
  return x509::render_name(*X509_get_subject_name(&certificate.handle()));
}

/// Adds steps in order; after the first failure what follows is not reached.
class Walk {
 public:
  void add(Step step) {
    if (has_failed_) {
      step.outcome = StepOutcome::not_reached;
      step.reason = Reason::none;
      step.detail.clear();
    }
    has_failed_ = has_failed_ || step.outcome == StepOutcome::failed;
    steps_.push_back(std::move(step));
  }
  [[nodiscard]] std::vector<Step> take_steps() { return std::move(steps_); }

 private:
  std::vector<Step> steps_;
  bool has_failed_ = false;
};

template <typename T>
Reason reason_of(const Result<T>& result) {
  return result ? Reason::none : result.error().reason;
}

Step explain_registration(const model::Client& client) {
  Step step = make_step("client", Reason::none);
  step.presented = client.client_id.text();
  step.expected = client.client_id.text();
  step.detail =
      "registered by " + client.origin.source + (client.origin.place.empty() ? "" : " at " + client.origin.place);
  return step;
}

/// What is missing, or is another method's, and what the configuration does not permit.
Step explain_method(const model::Client& client, const ExplainedRequest& request, const Explanation& verdict) {
  const bool is_tls = model::is_tls_method(client.token_endpoint_auth_method);
  // Where the certificate is there, its absence is a question of binding.
  const bool is_missing = verdict.reason == Reason::certificate_missing && is_tls;
  const bool is_refused = is_missing || verdict.reason == Reason::method_mismatch ||
                          verdict.reason == Reason::secret_missing || verdict.reason == Reason::assertion_missing ||
                          verdict.reason == Reason::several_credentials;
  Step step = make_step("method", is_refused ? verdict.reason : Reason::none);
  step.expected = model::name(client.token_endpoint_auth_method);
  std::vector<std::string> brought;
  if (request.certificate != nullptr) brought.emplace_back("a certificate in the TLS handshake");
  if (const auto other = request.credential.description(); !other.empty()) brought.emplace_back(other);
  step.presented = brought.empty() ? "nothing" : join(brought, ", ");
  if (is_refused) step.detail = verdict.detail;
  return step;
}

Step explain_key(const x509::PresentedChain& presented) {
  const auto strength = x509::check_presented_key(presented.leaf);
  Step step = make_step("key", reason_of(strength));
  const EVP_PKEY* key = X509_get0_pubkey(&presented.leaf.handle());
  step.expected = "RSA from 2048 bits, EC on P-256, P-384 or P-521, Ed25519, Ed448";
  step.presented = key == nullptr ? "a key that cannot be read" : crypto::describe_key(*key);
  if (!strength) step.detail = strength.error().detail;
  return step;
}

Step explain_validity(const x509::PresentedChain& presented, WallTime now) {
  const x509::Validity validity = x509::validity_at(presented.leaf, now);
  Reason reason = Reason::none;
  if (validity == x509::Validity::not_yet) reason = Reason::certificate_not_yet_valid;
  if (validity == x509::Validity::past) reason = Reason::certificate_expired;
  Step step = make_step("validity", reason);
  step.expected = "valid at " + to_rfc3339(now);
  step.presented = to_rfc3339(presented.leaf.not_before()) + " to " + to_rfc3339(presented.leaf.not_after());
  step.detail = x509::describe_validity(presented.leaf, now);
  return step;
}

std::string describe_path(const x509::VerifiedPath& path) {
  std::string text;
  for (const x509::Certificate& certificate : path.certificates) {
    if (!text.empty()) text += " <- ";
    text += "\"" + subject_of(certificate) + "\"";
  }
  return text;
}

/// Is it the leaf's own dates that were refused? They are looked at after issuers, usages and signatures.
bool is_of_leaf_dates(const Error& error) {
  const bool is_of_dates =
      error.reason == Reason::certificate_expired || error.reason == Reason::certificate_not_yet_valid;
  return is_of_dates && error.detail.starts_with("certificate 0 (");  // TrustStore::verify() names it by its depth
}

/// Everything but the leaf's own dates and revocation, which are the next steps.
Step explain_chain(const store::DirectoryClient& client, const Snapshot& snapshot,
                   const x509::PresentedChain& presented, WallTime now) {
  const auto store = snapshot.trust_stores.find(client.client.trust_store);
  if (store == snapshot.trust_stores.end() || !client.subject) {
    Step step = make_step("chain", Reason::anchor_not_for_client);
    step.detail = client.subject ? "no trust store \"" + client.client.trust_store + "\" is configured"
                                 : "the client is registered without a subject";
    return step;
  }
  const x509::TrustStore::Query query{.now = now, .limits = snapshot.chain_limits};
  auto path = store->second->find_path(presented.leaf, presented.intermediates, query);
  std::string detail;
  Reason reason = Reason::none;
  if (!path && is_of_leaf_dates(path.error())) {
    detail = "the issuers are found and their signatures good; the certificate's own dates are the next step";
  } else if (!path) {
    const Error error = explain_chain_refusal(path.error(), snapshot, client.client, presented.leaf);
    reason = error.reason;
    detail = std::string{name(reason)} + ": " + error.detail + "; " + std::string{meaning(reason)};
  }
  Step step = make_step("chain", reason);
  std::vector<std::string> anchors;
  for (const x509::Certificate& anchor : store->second->anchors()) anchors.push_back("\"" + subject_of(anchor) + "\"");
  step.expected = "an anchor of " + client.client.trust_store + ": " + join(anchors, ", ");
  step.presented = path ? describe_path(*path) : "\"" + presented.subject + "\" issued by \"" + presented.issuer + "\"";
  step.detail = std::move(detail);
  return step;
}

/// Without the query, which may be a secret.
std::string shown_responder(const std::string& url) {
  const auto parsed = fetch::parse_url(url);
  return parsed ? fetch::render_for_log(*parsed) : "its responder";
}

std::string describe_policy(const x509::Revocation& revocation) {
  std::string text = "mode " + std::string{x509::name(revocation.mode())};
  switch (revocation.ocsp().source) {
    case x509::OcspSource::none:
      break;
    case x509::OcspSource::responder:
      text += ", OCSP by " + shown_responder(revocation.ocsp().responder);
      break;
    case x509::OcspSource::from_certificate:
      text += ", OCSP by whom the certificate names, on " + join(revocation.ocsp().hosts, ", ");
      break;
  }
  return text;
}

/// Reached with a path that is good but for this.
Step explain_revocation(const store::DirectoryClient& client, const Snapshot& snapshot,
                        const x509::PresentedChain& presented, WallTime now, x509::OcspDesk& desk) {
  const auto store = snapshot.trust_stores.find(client.client.trust_store);
  if (store == snapshot.trust_stores.end()) return make_step("revocation", Reason::anchor_not_for_client);
  const x509::Revocation& revocation = store->second->revocation();
  const x509::TrustStore::Query query{.now = now, .limits = snapshot.chain_limits};
  auto path = store->second->find_path(presented.leaf, presented.intermediates, query);
  if (!path) return make_step("revocation", path.error().reason);  // `chain` or `validity` has said why
  const auto verdict = revocation.check(*path, now, &desk);
  Step step = make_step("revocation", reason_of(verdict));
  step.expected = describe_policy(revocation);
  step.presented = path->revocation.empty() ? "nothing is looked at" : "";
  for (std::size_t i = 0; i < path->revocation.size(); ++i) {
    const x509::Certificate& certificate = path->certificates[i];
    step.presented += (i == 0 ? "\"" : "; \"") + subject_of(certificate) + "\" " +
                      std::string{x509::name(path->revocation[i].status)} + ": " +
                      x509::describe_finding(path->revocation[i], certificate, now);
  }
  if (!verdict) step.detail = verdict.error().detail;
  return step;
}

Step explain_subject(const store::DirectoryClient& client, const x509::PresentedChain& presented) {
  if (!client.subject) return make_step("subject", Reason::anchor_not_for_client);  // `chain` has said why
  const auto match = client.subject->explain(presented.leaf);
  Reason reason = reason_of(match);
  if (match && !match->matches) {
    reason = match->only_order_differs ? Reason::subject_order_differs : Reason::subject_mismatch;
  }
  Step step = make_step("subject", reason);
  step.expected = std::string{model::name(client.subject->field())} + " = ";
  if (!match) {
    step.presented = presented.subject;
    step.detail = match.error().detail;
    return step;
  }
  step.expected += match->expected;
  step.presented = match->presented.empty() ? "none of that type" : join(match->presented, ", ");
  step.detail = match->matches ? match->found : match->hint;
  return step;
}

std::string list_of(const std::vector<crypto::Sha256>& digests) {
  std::vector<std::string> texts;
  texts.reserve(digests.size());
  for (const crypto::Sha256& digest : digests) texts.push_back(digest.to_base64url());
  return join(texts, ", ");
}

std::string describe_credentials(const std::vector<crypto::Sha256>& certificates,
                                 const std::vector<crypto::Sha256>& keys) {
  std::string text;
  if (!certificates.empty()) text = "x5t#S256 " + list_of(certificates);
  if (!keys.empty()) text += (text.empty() ? "key " : ", or key ") + list_of(keys);
  return text;
}

/// What is registered, and what stands at the jwks_uri.
std::string describe_expected(const store::DirectoryClient& client, const FetchedKeys& fetched) {
  std::string text = describe_credentials(client.certificates, client.keys);
  if (client.client.jwks_uri.empty()) return text;
  if (!text.empty()) text += ", or ";
  text += fetched.keys == nullptr ? "what is to be fetched"
                                  : describe_credentials(fetched.keys->certificates, fetched.keys->keys);
  return text + " (" + fetched.source + ")";
}

Step explain_certificate(const store::DirectoryClient& client, const FetchedKeys& fetched,
                         const x509::PresentedChain& presented, const Explanation& verdict) {
  // The key has passed where this step is reached, and the dates are judged after it.
  const bool is_refused =
      verdict.reason == Reason::certificate_not_registered || verdict.reason == Reason::certificate_unusable;
  Step step = make_step("certificate", is_refused ? verdict.reason : Reason::none);
  step.expected = describe_expected(client, fetched);
  step.presented = "x5t#S256 " + presented.x5t_s256;
  const EVP_PKEY* key = X509_get0_pubkey(&presented.leaf.handle());
  if (key != nullptr) {
    if (const auto thumbprint = jose::key_thumbprint(*key)) step.presented += ", key " + thumbprint->to_base64url();
  }
  if (verdict.reason == Reason::certificate_unusable) step.detail = verdict.detail;
  if (verdict.reason == Reason::certificate_not_registered) {
    step.detail =
        "none of the registered ones; a re-issued certificate with the same key is another certificate: register it "
        "too, or register "
        "the key (a JWK without x5c)";
    if (!client.client.jwks_uri.empty()) step.detail += "; the running server fetches the jwks_uri anew for it";
  }
  return step;
}

/// After the client has proven who it is, as the server does it.
Step explain_denial(const model::Client& client, std::span<const model::Denial> denials,
                    const x509::PresentedChain* presented, const Explanation& verdict, WallTime now) {
  const bool is_denied = verdict.reason == Reason::client_denied || verdict.reason == Reason::certificate_denied;
  Step step = make_step("denial", is_denied ? verdict.reason : Reason::none);
  step.expected = "neither the client nor the certificate is out of service";
  std::span<const std::string> certificates;
  if (presented != nullptr) certificates = {&presented->x5t_s256, 1};
  for (const model::Denial& denial : find_denials_of(denials, client.client_id.text(), certificates, now)) {
    step.presented += (step.presented.empty() ? "" : "; ") + model::describe_denial(denial);
  }
  if (step.presented.empty()) step.presented = "no denial";
  if (is_denied) step.detail = "deny remove ends a denial; deny list shows all";
  return step;
}

/// What the server would do, in its order.
Result<Confirmation> ask_the_server(const store::DirectoryClient& client, const Snapshot& snapshot,
                                    const KeySet* fetched, const DenyList& denied, const ExplainedRequest& request,
                                    WallTime now, x509::OcspDesk& desk) {
  x509::VerificationMemory memory;
  AuthContext context{snapshot, memory, desk, now};
  context.fetched_keys = fetched;
  context.denied = &denied;
  if (request.certificate != nullptr) {  // the handshake asks this
    if (auto key = x509::check_presented_key(request.certificate->leaf); !key) return std::move(key).error();
  }
  const auto proven = check_client(client, Evidence{request.certificate, request.credential}, context);
  if (!proven) return proven.error();
  ProvenKeys keys;
  keys.certificate = request.certificate;
  if (request.dpop) {
    const auto url = proof::normalize_htu(request.url);
    const auto judged = judge_proof(*request.dpop, url.value_or(""), snapshot.profile, now);
    if (!judged) return judged.error();
    keys.dpop = judged->proof.key;
  }
  return bind(client.client, keys);
}

/// The steps by which the client's method proves who it is.
std::vector<Step> explain_proof(const store::DirectoryClient& client, const Snapshot& snapshot,
                                const FetchedKeys& fetched, const ExplainedRequest& request, const Explanation& verdict,
                                WallTime now, x509::OcspDesk& desk) {
  const x509::PresentedChain* presented = request.certificate;
  std::vector<Step> steps;
  switch (client.client.token_endpoint_auth_method) {
    case model::AuthMethod::tls_client_auth:
      if (presented == nullptr) break;
      steps.push_back(explain_chain(client, snapshot, *presented, now));
      steps.push_back(explain_validity(*presented, now));
      steps.push_back(explain_revocation(client, snapshot, *presented, now, desk));
      steps.push_back(explain_subject(client, *presented));
      break;
    case model::AuthMethod::self_signed_tls_client_auth:
      if (presented == nullptr) break;
      steps.push_back(explain_certificate(client, fetched, *presented, verdict));
      steps.push_back(explain_validity(*presented, now));
      break;
    case model::AuthMethod::private_key_jwt:
      return explain_assertion(client, snapshot, fetched, request.credential, verdict, now);
    case model::AuthMethod::client_secret_basic:
    case model::AuthMethod::client_secret_post:
      steps.push_back(explain_secret(client, request.credential, verdict, now));
      break;
  }
  return steps;
}

}  // namespace

std::string_view name(StepOutcome outcome) {
  switch (outcome) {
    case StepOutcome::passed:
      return "passed";
    case StepOutcome::failed:
      return "failed";
    case StepOutcome::not_reached:
      return "not_reached";
  }
  return "not_reached";
}

std::vector<model::Denial> find_denials_of(std::span<const model::Denial> denials, std::string_view client_id,
                                           std::span<const std::string> certificates, WallTime now) {
  const auto is_about = [&](const model::Denial& denial) {
    if (denial.is_over(now)) return false;
    if (denial.kind == model::DenialKind::client) return denial.subject == client_id;
    return denial.kind == model::DenialKind::thumbprint &&
           std::find(certificates.begin(), certificates.end(), denial.subject) != certificates.end();
  };
  std::vector<model::Denial> found;
  std::copy_if(denials.begin(), denials.end(), std::back_inserter(found), is_about);
  return found;
}

Explanation explain_client(const store::DirectoryClient& client, const Snapshot& snapshot, const FetchedKeys& fetched,
                           std::span<const model::Denial> denials, const ExplainedRequest& request, WallTime now,
                           x509::OcspDesk& desk) {
  Explanation explanation;
  const auto denied = DenyList::make(denials);
  const auto verdict = ask_the_server(client, snapshot, fetched.keys, *denied, request, now, desk);
  std::optional<Confirmation> bound;
  if (verdict) {
    bound = *verdict;
  } else {
    explanation.reason = verdict.error().reason;
    explanation.detail = verdict.error().detail;
  }
  Walk walk;
  walk.add(explain_registration(client.client));
  walk.add(explain_method(client.client, request, explanation));
  if (request.certificate != nullptr) walk.add(explain_key(*request.certificate));
  for (Step& step : explain_proof(client, snapshot, fetched, request, explanation, now, desk)) {
    walk.add(std::move(step));
  }
  walk.add(explain_denial(client.client, denials, request.certificate, explanation, now));
  if (request.dpop) walk.add(explain_dpop(request, explanation, now));
  walk.add(explain_binding(client.client, explanation, bound));
  explanation.steps = walk.take_steps();
  return explanation;
}

Explanation explain_unknown_client(std::string_view client_id, std::string_view close) {
  Step step = make_step("client", Reason::client_unknown);
  step.expected = close.empty() ? "the client_id of a registered client" : std::string{close};
  step.presented = client_id;
  step.detail = close.empty() ? "no client of that client_id is registered; client list shows those that are"
                              : "no client of that client_id is registered; one that is close to it is";
  Explanation explanation;
  explanation.reason = Reason::client_unknown;
  explanation.detail = "no such client";
  explanation.steps.push_back(std::move(step));
  return explanation;
}

}  // namespace certbound::oauth
