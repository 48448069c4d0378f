#include <algorithm>

#include "oauth/explain.hpp"
#include "unit/oauth/service_fixture.hpp"

namespace certbound::oauth {

namespace {

/// A compact JWS by the key.
std::string sign_text(const Json& header, const Json& claims, const SigningKey& key) {
  std::string text = base64url_encode(as_bytes(header.dump())) + "." + base64url_encode(as_bytes(claims.dump()));
  auto signer = value_or_throw(jose::Signer::make(*key.key, key.record.algorithm));
  std::string signature;
  if (auto done = signer.append_signature(signature, text); !done) throw std::runtime_error{done.error().detail};
  return text + "." + signature;
}

class ExplainProof : public ServiceFixture {
 protected:
  ExplainProof() {
    client_.token_endpoint_auth_method = model::AuthMethod::private_key_jwt;
    client_.subject.reset();
    client_.trust_store.clear();
    client_.certificate_binding = model::BindingRule::never;
    client_.assertion_keys = {value_or_throw(jose::to_jwk(*key_.key)).dump()};
    request_.credential.kind = Credential::Kind::assertion;
    request_.url = "https://as.example:8443/oauth2/token";
    claims_ = {{"iss", "batch"},
               {"sub", "batch"},
               {"aud", kIssuer},
               {"iat", unix_seconds(FakeClock::now)},
               {"exp", unix_seconds(FakeClock::now) + 60},
               {"jti", "one"}};
  }

  [[nodiscard]] Explanation explain() {
    assertion_ = sign_text({{"alg", "ES256"}}, claims_, signed_by_);
    if (request_.credential.kind == Credential::Kind::assertion) request_.credential.assertion = assertion_;
    const auto entry = value_or_throw(store::make_directory_client(client_));
    x509::OcspDesk desk{answers_};
    return explain_client(entry, snapshot_, {}, {}, request_, FakeClock::now, desk);
  }
  /// Every step before it passed, every one behind it was not reached.
  void expect_failed(const std::string& step, Reason reason) {
    const Explanation explanation = explain();
    EXPECT_EQ(name(explanation.reason), name(reason)) << explanation.detail;
    const auto failed = std::find_if(explanation.steps.begin(), explanation.steps.end(),
                                     [](const Step& candidate) { return candidate.outcome != StepOutcome::passed; });
    ASSERT_NE(failed, explanation.steps.end());
    EXPECT_EQ(failed->name, step);
    EXPECT_EQ(failed->outcome, StepOutcome::failed);
    EXPECT_EQ(name(failed->reason), name(reason));
    EXPECT_TRUE(std::all_of(failed + 1, explanation.steps.end(),
                            [](const Step& candidate) { return candidate.outcome == StepOutcome::not_reached; }));
  }
  [[nodiscard]] Step step_of(const std::string& step) {
    for (const Step& candidate : explain().steps) {
      if (candidate.name == step) return candidate;
    }
    throw std::runtime_error{"no step " + step};
  }
  /// A DPoP proof of a key of its own.
  [[nodiscard]] std::string make_proof(const std::string& url) {
    const SigningKey key = make_signing_key(model::SigningAlgorithm::es256);
    const Json header{{"typ", "dpop+jwt"}, {"alg", "ES256"}, {"jwk", value_or_throw(jose::to_jwk(*key.key))}};
    return sign_text(header, {{"jti", "p"}, {"htm", "POST"}, {"htu", url}, {"iat", unix_seconds(FakeClock::now)}}, key);
  }

  SigningKey key_ = make_signing_key(model::SigningAlgorithm::es256);
  SigningKey signed_by_ = key_;
  model::Client client_ = make_registration("batch");
  ExplainedRequest request_;
  Json claims_;
  std::string assertion_;
  x509::OcspCache answers_;
};

}  // namespace

TEST_F(ExplainProof, AcceptsAnAssertionStepByStep) {
  const Explanation explanation = explain();
  EXPECT_TRUE(explanation.is_accepted()) << explanation.detail;
  std::vector<std::string> names;
  for (const Step& step : explanation.steps) names.push_back(step.name);
  EXPECT_EQ(names, (std::vector<std::string>{"client", "method", "signature", "claims", "audience", "dates", "denial",
                                             "binding"}));
  EXPECT_EQ(step_of("binding").presented, "no cnf: an unbound token");
}

TEST_F(ExplainProof, SaysWhichPartOfAnAssertionIsRefused) {
  signed_by_ = make_signing_key(model::SigningAlgorithm::es256);
  expect_failed("signature", Reason::assertion_signature_wrong);
  signed_by_ = key_;
  claims_["sub"] = "somebody";
  expect_failed("claims", Reason::assertion_issuer_wrong);
  claims_["sub"] = "batch";
  claims_["aud"] = "https://as.example:8443/oauth2/token";
  expect_failed("audience", Reason::assertion_audience_wrong);
  EXPECT_NE(step_of("audience").presented.find("/oauth2/token"), std::string::npos);
  EXPECT_EQ(step_of("audience").expected, "\"https://as.example:8443\"");
  claims_["aud"] = kIssuer;
  claims_["exp"] = unix_seconds(FakeClock::now) - 1;
  expect_failed("dates", Reason::assertion_expired);
}

TEST_F(ExplainProof, SaysThatAnotherMethodIsRegistered) {
  request_.credential.kind = Credential::Kind::none;
  expect_failed("method", Reason::assertion_missing);
  request_.credential.kind = Credential::Kind::basic;
  expect_failed("method", Reason::method_mismatch);
}

TEST_F(ExplainProof, SaysWhatTheTokenIsBoundTo) {
  client_.dpop_binding = model::BindingRule::required;
  expect_failed("binding", Reason::dpop_proof_missing);
  client_.dpop_binding = model::BindingRule::when_presented;
  client_.certificate_binding = model::BindingRule::required;
  expect_failed("binding", Reason::certificate_missing);
  const auto peer = present(etl_);
  request_.certificate = peer.get();
  EXPECT_EQ(step_of("binding").presented, "cnf.x5t#S256 = " + peer->x5t_s256);
}

TEST_F(ExplainProof, JudgesADpopProof) {
  request_.dpop = make_proof("https://as.example:8443/oauth2/token");
  const Step binding = step_of("binding");
  EXPECT_EQ(binding.outcome, StepOutcome::passed);
  EXPECT_NE(binding.presented.find("cnf.jkt = "), std::string::npos) << binding.presented;
  request_.dpop = make_proof("https://elsewhere.example/token");
  expect_failed("dpop", Reason::dpop_url_wrong);
  EXPECT_NE(step_of("dpop").presented.find("elsewhere"), std::string::npos);
}

TEST_F(ExplainProof, NeverShowsASecret) {
  snapshot_.allows_client_secrets = true;
  client_.token_endpoint_auth_method = model::AuthMethod::client_secret_basic;
  client_.declared_secret_sha256 = crypto::sha256("the right one").to_base64url();
  request_.credential.kind = Credential::Kind::basic;
  request_.credential.secret = "the right one";
  EXPECT_TRUE(explain().is_accepted());
  request_.credential.secret = "another secret";
  expect_failed("secret", Reason::secret_wrong);
  for (const Step& step : explain().steps) {
    for (const std::string& text : {step.expected, step.presented, step.detail}) {
      EXPECT_EQ(text.find("another secret"), std::string::npos) << step.name;
    }
  }
}

}  // namespace certbound::oauth
