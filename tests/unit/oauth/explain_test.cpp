#include "oauth/explain.hpp"

#include <algorithm>

#include "support/crl.hpp"
#include "support/ocsp.hpp"
#include "unit/oauth/service_fixture.hpp"

namespace certbound::oauth {

namespace {

std::string failed_step(const Explanation& explanation) {
  for (const Step& step : explanation.steps) {
    if (step.outcome == StepOutcome::failed) return step.name;
  }
  return "";
}

std::vector<std::string> names_of(const Explanation& explanation) {
  std::vector<std::string> names;
  for (const Step& step : explanation.steps) names.push_back(step.name);
  return names;
}

const Step& step_of(const Explanation& explanation, const std::string& name) {
  const auto found = std::find_if(explanation.steps.begin(), explanation.steps.end(),
                                  [&name](const Step& step) { return step.name == name; });
  if (found == explanation.steps.end()) throw std::runtime_error{"no step " + name};
  return *found;
}

/// Passed steps, then at most one that failed, then only steps that were not reached; and the verdict says the same.
void expect_consistent(const Explanation& explanation) {
  bool has_failed = false;
  for (const Step& step : explanation.steps) {
    EXPECT_EQ(step.outcome == StepOutcome::not_reached, has_failed) << step.name;
    const bool is_failed = step.outcome == StepOutcome::failed;
    EXPECT_EQ(name(step.reason), name(is_failed ? explanation.reason : Reason::none)) << step.name;
    has_failed = has_failed || step.outcome == StepOutcome::failed;
  }
  EXPECT_EQ(explanation.is_accepted(), !has_failed) << name(explanation.reason) << ": " << explanation.detail;
}

}  // namespace

class Explain : public ServiceFixture {
 protected:
  Explain() {
    registered_.push_back(make_registration("etl"));
    model::Client san = make_registration("san");
    san.subject = model::RegisteredSubject{model::SubjectField::san_dns, "san.example"};
    registered_.push_back(san);
    model::Client fleet = make_registration("fleet");
    fleet.subject = model::RegisteredSubject{model::SubjectField::subject_dn_pattern, "CN=*"};
    registered_.push_back(fleet);
    model::Client storeless = make_registration("storeless");
    storeless.trust_store = "gone";
    registered_.push_back(storeless);
    model::Client self_signed = make_self_signed_registration("self");
    self_signed.certificate_thumbprints = {x509::x5t_s256(self_.certificate), x509::x5t_s256(weak_.certificate)};
    registered_.push_back(self_signed);
    model::Client keyed = make_self_signed_registration("keyed");
    keyed.key_thumbprints = {value_or_throw(jose::key_thumbprint(*self_.key)).to_base64url()};
    registered_.push_back(keyed);
    start(registered_);
  }

  [[nodiscard]] Explanation explain(const std::string& id, const PeerChain& peer) const {
    const auto client = std::find_if(registered_.begin(), registered_.end(),
                                     [&id](const model::Client& entry) { return entry.client_id.text() == id; });
    const auto entry = value_or_throw(store::make_directory_client(*client));
    x509::OcspDesk desk{answers_};
    ExplainedRequest request;
    request.certificate = peer.get();
    return explain_client(entry, snapshot_, fetched_, denials_, request, FakeClock::now, desk);
  }
  void expect_failed(const std::string& id, const PeerChain& peer, const std::string& step, Reason reason) const {
    const Explanation explanation = explain(id, peer);
    expect_consistent(explanation);
    EXPECT_EQ(failed_step(explanation), step);
    EXPECT_EQ(name(explanation.reason), name(reason)) << explanation.detail;
    EXPECT_FALSE(explanation.detail.empty());
  }

  static test::Identity make_weak() {
    test::Shape shape;
    shape.subject = {{"CN", "weak"}};
    shape.key = test::make_key(test::KeyKind::rsa_1024);
    return test::make_identity(shape);
  }
  /// A client's certificate of two hours around the tests' present, within the validity of its issuer.
  [[nodiscard]] static test::Identity make_brief(const std::string& common_name, const test::Identity& issuer,
                                                 std::vector<test::Extension> extensions = {}) {
    test::Shape shape;
    shape.subject = {{"CN", common_name}};
    shape.not_before = test::kNow - std::chrono::hours{1};
    shape.not_after = test::kNow + std::chrono::hours{1};
    shape.extensions = std::move(extensions);
    return test::make_identity(shape, &issuer);
  }
  [[nodiscard]] test::Identity make_ed448() const {
    test::Shape shape;
    shape.subject = {{"CN", "etl"}};
    shape.key = {EVP_PKEY_Q_keygen(nullptr, nullptr, "ED448"), EVP_PKEY_free};
    return test::make_identity(shape, &root_);
  }

  FetchedKeys fetched_;
  std::vector<model::Denial> denials_;
  test::Identity self_ = make_self_signed("self");
  test::Identity weak_ = make_weak();
  std::vector<model::Client> registered_;
  mutable x509::OcspCache answers_;
};

TEST_F(Explain, PassesEveryStepOfAClientThatIsAccepted) {
  const Explanation explanation = explain("etl", present(etl_));
  EXPECT_TRUE(explanation.is_accepted()) << explanation.detail;
  expect_consistent(explanation);
  EXPECT_EQ(names_of(explanation), (std::vector<std::string>{"client", "method", "key", "chain", "validity",
                                                             "revocation", "subject", "denial", "binding"}));
  EXPECT_EQ(step_of(explanation, "client").detail, "registered by yaml at certbound.yaml:1");
  EXPECT_NE(step_of(explanation, "chain").presented.find("\"CN=etl\" <- \"CN=Partner Root\""), std::string::npos);
  EXPECT_NE(step_of(explanation, "binding").presented.find(x509::x5t_s256(etl_.certificate)), std::string::npos);
}

// Product section 5 rule 3: the pattern, and what its star was met by.
TEST_F(Explain, ShowsWhatAPatternWasMetBy) {
  const Explanation explanation = explain("fleet", present(etl_));
  EXPECT_TRUE(explanation.is_accepted()) << explanation.detail;
  expect_consistent(explanation);
  EXPECT_EQ(step_of(explanation, "subject").expected, "tls_client_auth_subject_dn_pattern = CN=*");
  EXPECT_EQ(step_of(explanation, "subject").presented, "CN=etl");
  EXPECT_EQ(step_of(explanation, "subject").detail, "CN=* is met by CN=etl");
  expect_failed("fleet", present(test::make_client("etl", rival_root_)), "chain", Reason::anchor_not_for_client);
}

// docs/adr/0022: denied altogether, it does not authenticate; who only loses older tokens does.
TEST_F(Explain, NamesTheDenialThatStopsAClientOrACertificate) {
  model::Denial denial;
  denial.id = 7;
  denial.kind = model::DenialKind::client;
  denial.subject = "etl";
  denial.reason = "laptop lost";
  denial.created_at = FakeClock::now - std::chrono::hours{1};
  denial.until = FakeClock::now + std::chrono::hours{1};
  denials_ = {denial};
  expect_failed("etl", present(etl_), "denial", Reason::client_denied);
  const std::string shown = step_of(explain("etl", present(etl_)), "denial").presented;
  EXPECT_EQ(shown, "denial 7 of client etl since " + to_rfc3339(denial.created_at) + " until " +
                       to_rfc3339(*denial.until) + ": laptop lost");
  EXPECT_TRUE(explain("fleet", present(etl_)).is_accepted());

  denials_[0].kind = model::DenialKind::thumbprint;
  denials_[0].subject = x509::x5t_s256(etl_.certificate);
  expect_failed("fleet", present(etl_), "denial", Reason::certificate_denied);
  EXPECT_EQ(step_of(explain("self", present(self_)), "denial").presented, "no denial");
  // What is no credential of the client's stops it before.
  expect_failed("san", present(etl_), "subject", Reason::subject_mismatch);

  denials_[0].issued_before = FakeClock::now;
  const Explanation older = explain("etl", present(etl_));
  EXPECT_TRUE(older.is_accepted()) << older.detail;
  expect_consistent(older);
  EXPECT_NE(step_of(older, "denial").presented.find("only tokens issued before"), std::string::npos);

  denials_[0].issued_before.reset();
  denials_[0].until = FakeClock::now;
  EXPECT_EQ(step_of(explain("etl", present(etl_)), "denial").presented, "no denial");
}

TEST_F(Explain, SaysWhichCrlWasLookedAt) {
  EXPECT_EQ(step_of(explain("etl", present(etl_)), "revocation").presented, "nothing is looked at");
  test::CrlShape shape;
  const auto look_at = [this](x509::RevocationMode mode, const std::vector<Bytes>& lists) {
    std::vector<std::shared_ptr<const x509::Crl>> crls;
    for (const Bytes& der : lists) crls.push_back(value_or_throw(x509::Crl::parse_der(der, {&root_.certificate, 1})));
    snapshot_.trust_stores["partner"] = make_store("partner", root_)->with_revocation({mode, std::move(crls)});
  };
  look_at(x509::RevocationMode::require, {test::make_crl(root_, shape)});
  const Explanation good = explain("etl", present(etl_));
  expect_consistent(good);
  EXPECT_TRUE(good.is_accepted()) << good.detail;
  EXPECT_EQ(step_of(good, "revocation").expected, "mode require");
  EXPECT_NE(step_of(good, "revocation").presented.find("\"CN=etl\" good: not revoked by CRL 01 of \"CN=Partner Root\""),
            std::string::npos)
      << step_of(good, "revocation").presented;

  shape.entries = {test::revoke(etl_.certificate)};
  look_at(x509::RevocationMode::soft_fail, {test::make_crl(root_, shape)});
  expect_failed("etl", present(etl_), "revocation", Reason::certificate_revoked);
  expect_failed("etl", present(test::make_client("other", root_)), "subject", Reason::subject_mismatch);
  look_at(x509::RevocationMode::require, {});
  expect_failed("etl", present(etl_), "revocation", Reason::revocation_unknown);
  FakeClock::now = etl_.certificate.not_after();
  expect_failed("etl", present(etl_), "chain", Reason::certificate_expired);
}

TEST_F(Explain, ShowsTheOcspAnswerOrThatNobodyWasAsked) {
  x509::OcspOptions options;
  options.source = x509::OcspSource::from_certificate;
  options.hosts = {"a.example"};
  snapshot_.trust_stores["partner"] =
      make_store("partner", root_)->with_revocation({x509::RevocationMode::soft_fail, {}, options});
  expect_failed("etl", present(etl_), "revocation", Reason::revocation_unknown);
  const x509::OcspQuestion question{etl_.certificate, root_.certificate};
  const Bytes response = test::make_ocsp_response(question, root_);
  auto answer = value_or_throw(verify_ocsp_response(response, question, {}, FakeClock::now));
  answers_.put(ocsp_key(question, options), x509::OcspOutcome::of_answer(std::move(answer), FakeClock::now));
  const Explanation good = explain("etl", present(etl_));
  expect_consistent(good);
  EXPECT_TRUE(good.is_accepted()) << good.detail;
  const Step& step = step_of(good, "revocation");
  EXPECT_EQ(step.expected, "mode soft_fail, OCSP by whom the certificate names, on a.example");
  EXPECT_NE(step.presented.find("good: not revoked by the OCSP answer of 2026-01-15T11:00:00Z"), std::string::npos)
      << step.presented;
}

TEST_F(Explain, PassesEveryStepOfASelfSignedClient) {
  const Explanation explanation = explain("self", present(self_));
  EXPECT_TRUE(explanation.is_accepted()) << explanation.detail;
  expect_consistent(explanation);
  EXPECT_EQ(names_of(explanation),
            (std::vector<std::string>{"client", "method", "key", "certificate", "validity", "denial", "binding"}));
}

TEST(ExplainUnknownClient, IsAFailedStepAndNamesWhatIsClose) {
  const Explanation typo = explain_unknown_client("etk", "etl");
  EXPECT_FALSE(typo.is_accepted());
  EXPECT_EQ(typo.reason, Reason::client_unknown);
  ASSERT_EQ(typo.steps.size(), 1U);
  EXPECT_EQ(typo.steps[0].outcome, StepOutcome::failed);
  EXPECT_EQ(typo.steps[0].reason, Reason::client_unknown);
  EXPECT_EQ(typo.steps[0].expected, "etl");
  EXPECT_EQ(typo.steps[0].presented, "etk");
  EXPECT_NE(explain_unknown_client("x", "").steps[0].expected, "");
}

TEST_F(Explain, NamesTheStepThatFails) {
  expect_failed("etl", present(test::make_client("someone", root_)), "subject", Reason::subject_mismatch);
  expect_failed("etl", present(test::make_client("etl", rival_root_)), "chain", Reason::anchor_not_for_client);
  expect_failed("etl", present(self_), "chain", Reason::anchor_not_for_client);
  expect_failed("storeless", present(etl_), "chain", Reason::anchor_not_for_client);
  expect_failed("san", present(etl_), "subject", Reason::subject_mismatch);
  expect_failed("etl", present(weak_), "key", Reason::weak_key);
  expect_failed("self", present(weak_), "key", Reason::weak_key);
  expect_failed("self", present(etl_), "certificate", Reason::certificate_not_registered);
  expect_failed("keyed", present(etl_), "certificate", Reason::certificate_not_registered);
  expect_failed("keyed", present(make_ed448()), "certificate", Reason::certificate_unusable);
  const auto brief = make_brief("etl", root_);
  FakeClock::now = brief.certificate.not_after();
  expect_failed("etl", present(brief), "validity", Reason::certificate_expired);
  FakeClock::now = brief.certificate.not_before() - std::chrono::seconds{1};
  expect_failed("etl", present(brief), "validity", Reason::certificate_not_yet_valid);
  FakeClock::now = self_.certificate.not_after();
  expect_failed("self", present(self_), "validity", Reason::certificate_expired);
}

// The server looks at the dates last, so an expired certificate with another fault is refused for that one.
TEST_F(Explain, FailsTheStepOfTheVerdictWhereSeveralFaultsMeet) {
  const auto issuing = test::make_intermediate("Issuing", root_);
  const auto below = make_brief("etl", issuing);
  FakeClock::now = below.certificate.not_after();
  expect_failed("etl", present(below), "chain", Reason::issuer_missing);
  expect_failed("etl", present(below, {issuing.certificate}), "validity", Reason::certificate_expired);
  expect_failed("etl", present(make_brief("etl", root_, {{"extendedKeyUsage", "serverAuth"}})), "chain",
                Reason::wrong_purpose);
  expect_failed("etl", present(make_brief("etl", rival_root_)), "chain", Reason::anchor_not_for_client);
  expect_failed("etl", present(make_brief("someone", root_)), "validity", Reason::certificate_expired);
  expect_failed("self", present(below), "certificate", Reason::certificate_not_registered);
  // The root has ended as well, and is looked at before.
  FakeClock::now = root_.certificate.not_after();
  expect_failed("etl", present(etl_), "chain", Reason::certificate_expired);
  const Explanation explanation = explain("self", present(self_));
  EXPECT_EQ(step_of(explanation, "certificate").outcome, StepOutcome::passed);
  EXPECT_EQ(failed_step(explanation), "validity");
}

// Whose a certificate is, is said where the chain ends elsewhere, and not where another fault was found.
TEST_F(Explain, NamesAnotherPartnersStoreAsTheServerDoes) {
  const std::string foreign = "its issuer is in trust store \"rival\"";
  const auto detail_of = [this](const PeerChain& peer) { return step_of(explain("etl", peer), "chain").detail; };
  EXPECT_NE(detail_of(present(test::make_client("etl", rival_root_))).find(foreign), std::string::npos);
  // Both partners have the CA that issued it; the client's own store refuses it for its purpose.
  snapshot_.trust_stores["rival"] = make_store("rival", root_);
  const auto server_only = test::make_client("etl", root_, {{"extendedKeyUsage", "serverAuth"}});
  EXPECT_EQ(detail_of(present(server_only)).find("rival"), std::string::npos);
}

TEST_F(Explain, ShowsBothSidesWhereTheyDiffer) {
  const Explanation explanation = explain("etl", present(test::make_client("someone", root_)));
  const Step& subject = step_of(explanation, "subject");
  EXPECT_EQ(subject.expected, "tls_client_auth_subject_dn = CN=etl");
  EXPECT_EQ(subject.presented, "CN=someone");
  const Explanation without_san = explain("san", present(etl_));
  EXPECT_EQ(step_of(without_san, "subject").presented, "none of that type");
  const Explanation unregistered = explain("self", present(etl_));
  const Step& certificate = step_of(unregistered, "certificate");
  EXPECT_NE(certificate.expected.find(x509::x5t_s256(self_.certificate)), std::string::npos);
  EXPECT_NE(certificate.presented.find(x509::x5t_s256(etl_.certificate)), std::string::npos);
  EXPECT_FALSE(certificate.detail.empty());
}

// What the operator is told is what the server does: every client with every certificate at every time.
TEST_F(Explain, AgreesWithTheServer) {
  const auto issuing = test::make_intermediate("Issuing", root_);
  // Two, since the server remembers a leaf that it has verified, whoever sent the intermediate.
  const auto below = test::make_client("etl", issuing);
  const auto leaf_only = test::make_client("etl", issuing);
  const auto named = test::make_client("x", root_, {{"subjectAltName", "DNS:san.example"}});
  const auto odd = test::make_client("etl", root_, {{"subjectAltName", "DER:30028200"}});
  const auto server_only = test::make_client("etl", root_, {{"extendedKeyUsage", "serverAuth"}});
  const PeerChain peers[] = {present(etl_),
                             present(self_),
                             present(leaf_only),
                             present(below, {issuing.certificate}),
                             present(named),
                             present(odd),
                             present(server_only),
                             present(make_ed448()),
                             present(test::make_client("etl", rival_root_)),
                             present(test::make_client("etl", etl_), {etl_.certificate})};
  const WallTime end = etl_.certificate.not_after();
  int accepted = 0;
  // Ascending: the server remembers a verdict until the certificate's end.
  const WallTime begin = etl_.certificate.not_before();
  for (const WallTime now : {begin - std::chrono::seconds{1}, begin, test::kNow, end - std::chrono::seconds{1}, end,
                             end + std::chrono::seconds{1}}) {
    FakeClock::now = now;
    for (const model::Client& client : registered_) {
      for (const PeerChain& peer : peers) {
        const Explanation explanation = explain(client.client_id.text(), peer);
        expect_consistent(explanation);
        const Answer answer = ask_token(client.client_id.text(), peer);
        EXPECT_EQ(answer.status == 200, explanation.is_accepted()) << client.client_id.text() << " " << peer->subject;
        EXPECT_EQ(last_reason(), name(explanation.reason)) << client.client_id.text() << " " << peer->subject;
        accepted += explanation.is_accepted() ? 1 : 0;
      }
    }
  }
  EXPECT_GT(accepted, 10);
}

TEST(StepOutcomeName, IsWhatTheProgramPrints) {
  EXPECT_EQ(name(StepOutcome::passed), "passed");
  EXPECT_EQ(name(StepOutcome::failed), "failed");
  EXPECT_EQ(name(StepOutcome::not_reached), "not_reached");
}

TEST_F(Explain, JudgesByWhatStandsAtTheJwksUri) {
  model::Client remote = make_self_signed_registration("remote");
  remote.jwks_uri = "https://partner.example/jwks.json";
  registered_.push_back(remote);
  fetched_.source = "https://partner.example/jwks.json, not fetched yet";
  expect_failed("remote", present(self_), "certificate", Reason::certificate_not_registered);
  KeySet keys;
  keys.certificates = {x509::thumbprint(self_.certificate)};
  fetched_.keys = &keys;
  fetched_.source = "https://partner.example/jwks.json, fetched 3 h ago";
  const Explanation explanation = explain("remote", present(self_));
  EXPECT_TRUE(explanation.is_accepted()) << explanation.detail;
  const auto step = std::find_if(explanation.steps.begin(), explanation.steps.end(),
                                 [](const Step& candidate) { return candidate.name == "certificate"; });
  ASSERT_NE(step, explanation.steps.end());
  EXPECT_NE(step->expected.find("fetched 3 h ago"), std::string::npos);
}

}  // namespace certbound::oauth
