#include <set>

#include "unit/oauth/service_fixture.hpp"

namespace certbound::oauth {

class ClientAuth : public ServiceFixture {
 protected:
  ClientAuth() {
    model::Client rival = make_registration("rival-etl");
    rival.subject->value = "CN=etl";
    rival.trust_store = "rival";
    model::Client san = make_registration("san");
    san.subject = model::RegisteredSubject{model::SubjectField::san_dns, "san.example"};
    model::Client ordered = make_registration("ordered");
    ordered.subject->value = "O=Partner,CN=ordered";
    model::Client storeless = make_registration("storeless");
    storeless.trust_store = "gone";
    model::Client self_signed = make_self_signed_registration("self");
    self_signed.certificate_thumbprints = {x509::x5t_s256(self_.certificate), x509::x5t_s256(second_self_.certificate)};
    model::Client keyed = make_self_signed_registration("keyed");
    keyed.key_thumbprints = {value_or_throw(jose::key_thumbprint(*self_.key)).to_base64url()};
    start({make_registration("etl"), make_registration("other"), rival, san, ordered, storeless, self_signed, keyed});
  }

  void expect_no_client(const Answer& answer, const std::string& reason) {
    expect_refused(answer, 400, "invalid_client", reason);
    EXPECT_EQ(answer.header("WWW-Authenticate"), "(absent)");
  }

  test::Identity self_ = make_self_signed("self");
  test::Identity second_self_ = make_self_signed("self");
};

// RFC 8705 section 2.1 (8705-2.1-2).
TEST_F(ClientAuth, AcceptsTheRegisteredSubjectBelowTheAnchor) {
  EXPECT_EQ(ask_token("etl", present(etl_)).status, 200);
}

// 8705-2-4, 8705-2-5, 8705-2-3.
TEST_F(ClientAuth, RefusesTheWrongCertificateAndNone) {
  expect_no_client(ask_token("etl", nullptr), "certificate_missing");
  expect_no_client(ask_token("etl", present(test::make_client("someone", root_))), "subject_mismatch");
  expect_no_client(ask_token("other", present(etl_)), "subject_mismatch");
  expect_no_client(ask_token("nobody", present(etl_)), "client_unknown");
  expect_no_client(ask_token("storeless", present(test::make_client("storeless", root_))), "anchor_not_for_client");
}

// 8705-2-1: only the handshake's certificate counts.
TEST_F(ClientAuth, TakesNoCertificateFromAHeader) {
  http::Request request = make_token_request("grant_type=client_credentials&client_id=etl", nullptr);
  for (const char* name :
       {"client-cert", "x-ssl-cert", "x-forwarded-client-cert", "x-client-cert", "x-amzn-mtls-clientcert"}) {
    request.headers.emplace_back(name, etl_.certificate.to_pem());
  }
  expect_no_client(ask(request), "certificate_missing");
}

// 8705-2-6: the caller learns nothing of which part failed.
TEST_F(ClientAuth, AnswersEveryRefusalAlike) {
  std::set<std::string> answers;
  std::set<std::string> reasons;
  const auto note = [&](const Answer& answer) {
    EXPECT_EQ(answer.status, 400);
    answers.insert(answer.text);
    reasons.insert(last_reason());
  };
  note(ask_token("nobody", present(etl_)));
  note(ask_token("nobody", nullptr));
  note(ask_token("%C3%A4", present(etl_)));
  note(ask_token("etl", nullptr));
  note(ask_token("etl", present(test::make_client("someone", root_))));
  note(ask_token("etl", present(test::make_client("etl", rival_root_))));
  note(ask_token("etl", present(self_)));
  note(ask_token("self", present(etl_)));
  note(ask_token("keyed", present(second_self_)));
  note(ask_token("etl", present(self_), "&client_secret=x"));
  note(ask_token("etl", nullptr, "&client_secret=x"));
  note(ask_token("nobody", nullptr, "&client_secret=x"));
  FakeClock::now = etl_.certificate.not_after() + std::chrono::hours{1};
  note(ask_token("etl", present(etl_)));
  note(ask_token("self", present(self_)));

  EXPECT_EQ(answers.size(), 1U);
  EXPECT_GE(reasons.size(), 7U);
}

// CVE-2023-2422: a certificate that is sent along is nobody's identity.
TEST_F(ClientAuth, LooksAtTheLeafOnly) {
  const auto attacker = test::make_client("attacker", root_);
  expect_no_client(ask_token("etl", present(attacker, {etl_.certificate})), "subject_mismatch");
  expect_no_client(ask_token("self", present(attacker, {self_.certificate})), "certificate_not_registered");
  expect_no_client(ask_token("keyed", present(attacker, {self_.certificate})), "certificate_not_registered");
}

TEST_F(ClientAuth, BindsToTheLeafAndNotToWhatWasSentAlong) {
  const auto victim = test::make_client("victim", root_);
  const Json claims = claims_of(ask_token("etl", present(etl_, {victim.certificate})));
  EXPECT_EQ(claims["cnf"]["x5t#S256"], x509::x5t_s256(etl_.certificate));
}

// keycloak issue 52801, 8705-2.1-16: an anchor is the certificate, never its name.
TEST_F(ClientAuth, TellsTwoAuthoritiesOfOneNameApart) {
  const auto namesake = test::make_root("Partner Root");
  snapshot_.trust_stores["rival"] = make_store("rival", namesake);
  publish();
  const auto forged = test::make_client("etl", namesake);
  expect_no_client(ask_token("etl", present(forged)), "anchor_not_for_client");
  EXPECT_EQ(ask_token("rival-etl", present(forged)).status, 200);
  expect_no_client(ask_token("rival-etl", present(etl_)), "anchor_not_for_client");
}

// 8705-2.1-16: the same subject below another partner's CA; the operator is told whose it is.
TEST_F(ClientAuth, AsksTheTrustStoreOfThatClient) {
  const auto rivals = test::make_client("etl", rival_root_);
  expect_no_client(ask_token("etl", present(rivals)), "anchor_not_for_client");
  EXPECT_NE(records().back()["detail"].get<std::string>().find("trust store \"rival\""), std::string::npos);
  EXPECT_EQ(ask_token("rival-etl", present(rivals)).status, 200);
  expect_no_client(ask_token("rival-etl", present(etl_)), "anchor_not_for_client");
  const auto strangers = test::make_client("etl", test::make_root("Unknown Root"));
  expect_no_client(ask_token("etl", present(strangers)), "issuer_missing");
}

// 8705-2.1-8, 8705-2.1-15.
TEST_F(ClientAuth, TakesNoAnchorFromTheClient) {
  expect_no_client(ask_token("etl", present(make_self_signed("etl"))), "anchor_not_for_client");
  const auto own_root = test::make_root("Own Root");
  const auto leaf = test::make_client("etl", own_root);
  expect_no_client(ask_token("etl", present(leaf, {own_root.certificate})), "anchor_not_for_client");
}

TEST_F(ClientAuth, TakesAnIntermediateFromTheClient) {
  const auto issuing = test::make_intermediate("Issuing", root_);
  const auto leaf = test::make_client("etl", issuing);
  EXPECT_EQ(ask_token("etl", present(leaf, {issuing.certificate})).status, 200);
  const auto other_leaf = test::make_client("etl", issuing);
  expect_no_client(ask_token("etl", present(other_leaf)), "issuer_missing");
}

// 8705-2.1-9 to 8705-2.1-14.
TEST_F(ClientAuth, RefusesAChainThatIsNotValid) {
  const auto shaped = [](const std::string& digest, std::vector<test::Extension> extensions) {
    test::Shape shape;
    shape.subject = {{"CN", "etl"}};
    shape.digest = digest;
    shape.extensions = std::move(extensions);
    return shape;
  };
  test::Shape weak = shaped("", {});
  weak.key = test::make_key(test::KeyKind::rsa_1024);
  test::Shape future = shaped("", {});
  future.not_before = test::kNow + std::chrono::hours{1};

  expect_no_client(
      ask_token("etl", present(test::make_identity(shaped("", {{"extendedKeyUsage", "serverAuth"}}), &root_))),
      "wrong_purpose");
  expect_no_client(
      ask_token("etl", present(test::make_identity(shaped("", {{"1.2.3.4", "critical,DER:0500"}}), &root_))),
      "unsupported_critical_extension");
  expect_no_client(ask_token("etl", present(test::make_identity(shaped("", {{"authorityKeyIdentifier", ""}}), &root_))),
                   "not_strict");
  expect_no_client(ask_token("etl", present(test::make_identity(shaped("SHA1", {}), &root_))), "weak_signature");
  expect_no_client(ask_token("etl", present(test::make_identity(weak, &root_))), "weak_key");
  expect_no_client(ask_token("etl", present(test::make_identity(future, &root_))), "certificate_not_yet_valid");
  expect_no_client(ask_token("etl", present(etl_, std::vector<x509::Certificate>(6, etl_.certificate))),
                   "chain_too_long");
  FakeClock::now = etl_.certificate.not_after();
  expect_no_client(ask_token("etl", present(etl_)), "certificate_expired");
}

// 8705-2.1-10: a client's certificate is no CA.
TEST_F(ClientAuth, RefusesALeafThatSigns) {
  const auto leaf = test::make_client("etl", etl_);
  expect_no_client(ask_token("etl", present(leaf, {etl_.certificate})), "ca_invalid");
}

// DN-1: the order of the parts is part of the name; the operator is told.
TEST_F(ClientAuth, TellsASubjectInAnotherOrder) {
  test::Shape shape;
  shape.subject = {{"O", "Partner"}, {"CN", "ordered"}};
  expect_no_client(ask_token("ordered", present(test::make_identity(shape, &root_))), "subject_order_differs");
  EXPECT_NE(records().back()["detail"].get<std::string>().find("CN=ordered,O=Partner"), std::string::npos);
}

// 8705-2.1-3: another field does not rescue.
TEST_F(ClientAuth, LooksAtTheRegisteredFieldOnly) {
  expect_no_client(ask_token("san", present(test::make_client("san.example", root_))), "subject_mismatch");
  const auto named = test::make_client("x", root_, {{"subjectAltName", "DNS:other.example,DNS:SAN.example"}});
  EXPECT_EQ(ask_token("san", present(named)).status, 200);
}

TEST_F(ClientAuth, RefusesASubjectThatIsMalformed) {
  const auto odd = test::make_client("x", root_, {{"subjectAltName", "DER:30028200"}});
  expect_no_client(ask_token("san", present(odd)), "certificate_unusable");
}

// RFC 8705 section 2.2 (8705-2.2-1, 8705-2.2-2, 8705-2.2-3, 8705-2.2-4, 8705-2.2-7).
TEST_F(ClientAuth, AcceptsARegisteredCertificateAndNoOther) {
  EXPECT_EQ(ask_token("self", present(self_)).status, 200);
  EXPECT_EQ(ask_token("self", present(second_self_)).status, 200);
  expect_no_client(ask_token("self", present(make_self_signed("self"))), "certificate_not_registered");
  test::Shape reissued;
  reissued.subject = {{"CN", "self"}};
  reissued.key = self_.key;
  expect_no_client(ask_token("self", present(test::make_identity(reissued))), "certificate_not_registered");
  expect_no_client(ask_token("self", present(test::make_client("self", root_))), "certificate_not_registered");
}

// Decision D5: a key that was registered without a certificate stands for every certificate with it.
TEST_F(ClientAuth, AcceptsEveryCertificateWithARegisteredKey) {
  test::Shape reissued;
  reissued.subject = {{"CN", "whoever"}};
  reissued.key = self_.key;
  const auto other = test::make_identity(reissued);
  EXPECT_EQ(ask_token("keyed", present(self_)).status, 200);
  EXPECT_EQ(claims_of(ask_token("keyed", present(other)))["cnf"]["x5t#S256"], x509::x5t_s256(other.certificate));
  expect_no_client(ask_token("keyed", present(second_self_)), "certificate_not_registered");
}

// Decision D6.
TEST_F(ClientAuth, RefusesARegisteredCertificateOutsideItsTime) {
  FakeClock::now = self_.certificate.not_after();
  expect_no_client(ask_token("self", present(self_)), "certificate_expired");
  expect_no_client(ask_token("keyed", present(self_)), "certificate_expired");
  FakeClock::now = self_.certificate.not_before() - std::chrono::seconds{1};
  expect_no_client(ask_token("self", present(self_)), "certificate_not_yet_valid");
}

// A key without JWK form can be no registered key; the refusal is a refusal, not a fault of ours.
TEST_F(ClientAuth, RefusesAKeyThatHasNoThumbprint) {
  test::Shape shape;
  shape.subject = {{"CN", "self"}};
  shape.key = {EVP_PKEY_Q_keygen(nullptr, nullptr, "ED448"), EVP_PKEY_free};
  expect_no_client(ask_token("keyed", present(test::make_identity(shape, &root_))), "certificate_unusable");
}

// A registered certificate is no anchor for anybody (openiddict 2445).
TEST_F(ClientAuth, MakesNoAnchorOfARegisteredCertificate) {
  const auto below = test::make_client("etl", self_);
  expect_no_client(ask_token("etl", present(below, {self_.certificate})), "anchor_not_for_client");
}

// 8705-2-7, 8705-2-10, RFC 6749 section 2.3: one method, the registered one. Only the client learns that it sent two.
TEST_F(ClientAuth, RefusesAnotherCredential) {
  const std::string assertion =
      "&client_assertion=x&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer";
  for (const std::string& more : {std::string{"&client_secret=x"}, assertion}) {
    expect_no_client(ask_token("etl", nullptr, more), "method_mismatch");
    expect_no_client(ask_token("etl", present(self_), more), "anchor_not_for_client");
    expect_refused(ask_token("etl", present(etl_), more), 400, "invalid_request", "several_credentials");
  }
}

// RFC 6749 section 2.3: whoever it is, two credentials are no request.
TEST_F(ClientAuth, RefusesTwoCredentials) {
  const std::string assertion =
      "&client_assertion=x&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer";
  for (const std::string id : {"etl", "nobody"}) {
    expect_refused(ask_token(id, nullptr, "&client_secret=x" + assertion), 400, "invalid_request",
                   "several_credentials");
    for (const std::string& more : {std::string{"&client_secret=x"}, assertion}) {
      http::Request request = make_token_request("grant_type=client_credentials&client_id=" + id + more, nullptr);
      request.headers.emplace_back("authorization", "Basic ZXRsOng=");
      expect_refused(ask(request), 400, "invalid_request", "several_credentials");
    }
    http::Request twice = make_token_request("grant_type=client_credentials&client_id=" + id, nullptr);
    twice.headers.emplace_back("authorization", "Basic ZXRsOng=");
    twice.headers.emplace_back("authorization", "Basic ZXRsOng=");
    expect_refused(ask(twice), 400, "invalid_request", "several_credentials");
  }
}

// RFC 7521 section 4.2: half an assertion, and one of another type.
TEST_F(ClientAuth, RefusesAnAssertionThatIsNotWhole) {
  expect_refused(ask_token("etl", nullptr, "&client_assertion_type=x"), 400, "invalid_request", "missing_parameter");
  expect_no_client(ask_token("etl", nullptr, "&client_assertion=x"), "assertion_type_wrong");
  expect_no_client(ask_token("etl", nullptr, "&client_assertion=x&client_assertion_type=saml2"),
                   "assertion_type_wrong");
}

// RFC 6749 section 5.2 (6749-5.2-2).
TEST_F(ClientAuth, ChallengesWhereTheAuthorizationHeaderWasUsed) {
  for (const bool has_peer : {true, false}) {
    http::Request request =
        make_token_request("grant_type=client_credentials&client_id=etl", has_peer ? present(etl_) : nullptr);
    request.headers.emplace_back("authorization", "Basic ZXRsOng=");
    const Answer answer = ask(request);
    if (has_peer) {
      expect_refused(answer, 400, "invalid_request", "several_credentials");
      continue;
    }
    expect_refused(answer, 401, "invalid_client", "method_mismatch");
    EXPECT_EQ(answer.header("WWW-Authenticate"), "Basic realm=\"certbound\"");
  }
}

// As above: curl -u names the client in the header only.
TEST_F(ClientAuth, ChallengesWhereOnlyTheHeaderNamesTheClient) {
  http::Request request = make_token_request("grant_type=client_credentials", nullptr);
  request.headers.emplace_back("authorization", "Basic ZXRsOng=");
  const Answer answer = ask(request);
  expect_refused(answer, 401, "invalid_client", "method_mismatch");
  EXPECT_EQ(answer.header("WWW-Authenticate"), "Basic realm=\"certbound\"");
}

// 8705-2-11: each request of a kept-alive connection is judged by itself.
TEST_F(ClientAuth, JudgesEachRequestOfAConnection) {
  const auto request_for = [](const std::string& id, const std::shared_ptr<const http::Connection>& connection) {
    http::Request request = make_token_request("grant_type=client_credentials&client_id=" + id, nullptr);
    request.connection = connection;
    return request;
  };
  const auto connection = make_request(http::Method::post, "/", present(etl_)).connection;
  EXPECT_EQ(ask(request_for("etl", connection)).status, 200);
  expect_no_client(ask(request_for("other", connection)), "subject_mismatch");
  EXPECT_EQ(ask(request_for("etl", connection)).status, 200);
  expect_no_client(ask(request_for("other", connection)), "subject_mismatch");
}

// The audit record says whose certificate was refused, and as whom it was presented.
TEST_F(ClientAuth, RecordsTheCertificateThatWasRefused) {
  static_cast<void>(ask_token("other", present(etl_)));
  const Json record = records().back();
  EXPECT_EQ(record["client_id"], "other");
  EXPECT_EQ(record["certificate"]["subject"], "CN=etl");
  EXPECT_EQ(record["certificate"]["issuer"], "CN=Partner Root");
  EXPECT_EQ(record["certificate"]["x5t#S256"], x509::x5t_s256(etl_.certificate));
}

}  // namespace certbound::oauth
