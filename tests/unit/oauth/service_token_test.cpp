#include <set>

#include "base/base64url.hpp"
#include "unit/audit/file_size_limit.hpp"
#include "unit/oauth/service_fixture.hpp"

namespace certbound::oauth {

namespace {

std::set<std::string> names_in(const Json& object) {
  std::set<std::string> names;
  for (const auto& item : object.items()) names.insert(item.key());
  return names;
}

}  // namespace

class ServiceToken : public ServiceFixture {
 protected:
  ServiceToken() {
    model::Client unbound = make_registration("unbound");
    unbound.certificate_binding = model::BindingRule::never;
    model::Client scopeless = make_registration("scopeless");
    scopeless.scope = {};
    model::Client self_signed = make_self_signed_registration("self");
    self_signed.certificate_thumbprints = {x509::x5t_s256(self_.certificate)};
    start({make_registration("etl"), unbound, scopeless, self_signed});
  }
  [[nodiscard]] PeerChain peer_of(const std::string& common_name) const {
    return present(common_name == "etl" ? etl_ : test::make_client(common_name, root_));
  }

  test::Identity self_ = make_self_signed("self");
};

// RFC 6749 section 5.1 (6749-5.1-1, 6749-5.1-2, 6749-4.4-3).
TEST_F(ServiceToken, AnswersWithATokenAsJson) {
  const Answer answer = ask_token("etl", present(etl_), "&scope=read");

  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.content_type, "application/json");
  EXPECT_EQ(answer.header("Cache-Control"), "no-store");
  EXPECT_EQ(answer.header("Pragma"), "no-cache");
  EXPECT_EQ(names_in(answer.body), (std::set<std::string>{"access_token", "token_type", "expires_in", "scope"}));
  EXPECT_EQ(answer.body["token_type"], "Bearer");
  EXPECT_TRUE(answer.body["expires_in"].is_number_integer());
  EXPECT_EQ(answer.body["expires_in"], 300);
  EXPECT_EQ(answer.body["scope"], "read");
}

// RFC 9068 sections 2.1 and 2.2.
TEST_F(ServiceToken, HasTheHeaderAndTheClaimsOfAnAccessToken) {
  const Answer answer = ask_token("etl", present(etl_), "&scope=read+write");
  const jose::VerifiedJws token = verify(answer);
  const Json header = Json::parse(token.header_json);
  const Json claims = Json::parse(token.payload);

  EXPECT_EQ(header, (Json{{"typ", "at+jwt"}, {"alg", "ES256"}, {"kid", snapshot_.keys.front().record.kid}}));
  EXPECT_EQ(names_in(claims),
            (std::set<std::string>{"iss", "sub", "aud", "client_id", "iat", "exp", "jti", "scope", "cnf"}));
  EXPECT_EQ(claims["iss"], kIssuer);
  EXPECT_EQ(claims["sub"], "etl");
  EXPECT_EQ(claims["client_id"], "etl");
  EXPECT_EQ(claims["aud"], kOrders);
  EXPECT_EQ(claims["scope"], "read write");
}

// 9068-2.2-2: one time of the request for all of it, as integers.
TEST_F(ServiceToken, AgreesAboutTheTimes) {
  snapshot_.tokens.lifetime = std::chrono::seconds{77};
  publish();
  FakeClock::now = test::kNow + std::chrono::seconds{1234};
  const Answer answer = ask_token("etl", present(etl_));
  const Json claims = claims_of(answer);

  EXPECT_TRUE(claims["iat"].is_number_integer());
  EXPECT_EQ(claims["iat"], unix_seconds(FakeClock::now));
  EXPECT_EQ(claims["exp"], unix_seconds(FakeClock::now) + 77);
  EXPECT_EQ(answer.body["expires_in"], 77);
  const Json record = records().back();
  EXPECT_EQ(record["expires_at"], claims["exp"]);
  EXPECT_EQ(record["time"], to_rfc3339(FakeClock::now));
}

TEST_F(ServiceToken, HasItsOwnJtiEachTime) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) seen.insert(claims_of(ask_token("etl", present(etl_)))["jti"].get<std::string>());
  EXPECT_EQ(seen.size(), 100U);
  for (const std::string& jti : seen) EXPECT_GE(jti.size(), 22U);
}

// RFC 8705 section 3.1 (8705-3-1, 8705-3.1-1, 8705-3.1-2): SHA-256 of the DER of the leaf, canonical base64url.
TEST_F(ServiceToken, IsBoundToTheLeaf) {
  const Json claims = claims_of(ask_token("etl", present(etl_)));
  const std::string x5t = claims["cnf"]["x5t#S256"];

  EXPECT_EQ(x5t, base64url_encode(crypto::sha256(etl_.certificate.to_der()).octets));
  EXPECT_EQ(x5t.size(), 43U);
  EXPECT_TRUE(base64url_decode(x5t).has_value());
  EXPECT_EQ(claims["cnf"].size(), 1U);
}

// 8705-2.1-7: a renewed certificate works at once and binds to itself.
TEST_F(ServiceToken, IsBoundToARenewedCertificate) {
  const auto renewed = test::make_client("etl", root_);
  const Json claims = claims_of(ask_token("etl", present(renewed)));
  EXPECT_EQ(claims["cnf"]["x5t#S256"], x509::x5t_s256(renewed.certificate));
}

TEST_F(ServiceToken, IsBoundToASelfSignedCertificateToo) {
  const Json claims = claims_of(ask_token("self", present(self_)));
  EXPECT_EQ(claims["cnf"]["x5t#S256"], x509::x5t_s256(self_.certificate));
  EXPECT_EQ(claims["sub"], "self");
}

// 8705-3.4-3: no member at all, neither an empty one nor null.
TEST_F(ServiceToken, HasNoConfirmationWhereTheClientWantsNone) {
  EXPECT_FALSE(claims_of(ask_token("unbound", peer_of("unbound"))).contains("cnf"));
  EXPECT_FALSE(records().back().contains("confirmation"));
}

// RFC 8707 section 2 and RFC 9068 section 3.
TEST_F(ServiceToken, IsForTheResourcesThatWereAskedFor) {
  const std::string stock = "&resource=https%3A%2F%2Fstock.example";
  EXPECT_EQ(claims_of(ask_token("etl", present(etl_), stock))["aud"], kStock);
  const Json both = claims_of(ask_token("etl", present(etl_), stock + "&resource=https://orders.example"));
  EXPECT_EQ(both["aud"], (Json{kStock, kOrders}));
  const Json repeated = claims_of(ask_token("etl", present(etl_), stock + stock));
  EXPECT_EQ(repeated["aud"], kStock);
}

// 6749-3.3-2, 6749-3.3-3: what was not asked for is told.
TEST_F(ServiceToken, HasTheScopeOfTheResourceWhereNoneWasAskedFor) {
  const Answer answer = ask_token("etl", present(etl_));
  EXPECT_EQ(answer.body["scope"], "read write");
  EXPECT_EQ(claims_of(answer)["scope"], "read write");
  EXPECT_EQ(ask_token("etl", present(etl_), "&resource=https://stock.example").body["scope"], "read");
}

TEST_F(ServiceToken, HasNoScopeWhereTheClientHasNone) {
  const Answer answer = ask_token("scopeless", peer_of("scopeless"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_FALSE(answer.body.contains("scope"));
  EXPECT_FALSE(claims_of(answer).contains("scope"));
}

TEST_F(ServiceToken, TakesAnEmptyParameterAsOmitted) {
  EXPECT_EQ(ask_token("etl", present(etl_), "&scope=&resource=").body["scope"], "read write");
}

// 6749-3.2-3 and 6749-2.3.1-2: unknown parameters and the query mean nothing.
TEST_F(ServiceToken, IgnoresUnknownParametersAndTheQuery) {
  http::Request request = make_token_request("grant_type=client_credentials&client_id=etl&foo=bar", present(etl_));
  request.query = "client_id=other&scope=nonsense";
  EXPECT_EQ(ask(request).status, 200);
}

TEST_F(ServiceToken, SignsWithEveryAlgorithm) {
  for (const auto algorithm : {model::SigningAlgorithm::es256, model::SigningAlgorithm::ps256,
                               model::SigningAlgorithm::eddsa, model::SigningAlgorithm::rs256}) {
    snapshot_.keys = {make_signing_key(algorithm)};
    snapshot_.signing.algorithm = algorithm;
    publish();
    const jose::VerifiedJws token = verify(ask_token("etl", present(etl_)));
    EXPECT_EQ(Json::parse(token.header_json)["alg"], name(algorithm));
    EXPECT_EQ(token.kid, snapshot_.keys.front().record.kid);
  }
}

// Product section 7.
TEST_F(ServiceToken, IsInTheAuditRecordWithoutTheTokenItself) {
  const Answer answer = ask_token("etl", present(etl_), "&scope=read");
  const Json claims = claims_of(answer);
  ASSERT_EQ(records().size(), 1U);
  const Json record = records().back();

  EXPECT_EQ(record["outcome"], "granted");
  EXPECT_EQ(record["request_id"], "request-1");
  EXPECT_EQ(record["client_id"], "etl");
  EXPECT_EQ(record["auth_method"], "tls_client_auth");
  EXPECT_EQ(record["grant_type"], "client_credentials");
  EXPECT_EQ(record["token_type"], "Bearer");
  EXPECT_EQ(record["jti"], claims["jti"]);
  EXPECT_EQ(record["aud"], Json::array({kOrders}));
  EXPECT_EQ(record["scope"], "read");
  EXPECT_EQ(record["confirmation"], "x5t#S256");
  EXPECT_EQ(record["certificate"]["x5t#S256"], claims["cnf"]["x5t#S256"]);
  EXPECT_EQ(record["peer"], "127.0.0.1:50312");
  EXPECT_EQ(record["listener"], "127.0.0.1:8443");
  const std::string signature = answer.body["access_token"].get<std::string>().substr(200);
  EXPECT_EQ(record.dump().find(signature), std::string::npos);
  EXPECT_EQ(metrics_.tokens_issued.value(), 1);
}

// The record may know a token that nobody got, never the other way round.
TEST_F(ServiceToken, IsNotGivenOutWhereItsRecordCannotBeWritten) {
  ASSERT_EQ(ask_token("etl", present(etl_)).status, 200);
  {
    const audit::FileSizeLimit limit{std::filesystem::file_size(audit_path_)};
    const Answer answer = ask_token("etl", present(etl_));
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.body["error"], "temporarily_unavailable");
    EXPECT_EQ(answer.header("Retry-After"), "1");
    EXPECT_EQ(answer.text.find("access_token"), std::string::npos);
    EXPECT_EQ(metrics_.refusals[static_cast<std::size_t>(Reason::audit_unavailable)].value(), 1);
    EXPECT_EQ(ask_document("/oauth2/jwks").status, 200);  // what needs no record is served
  }
  EXPECT_EQ(ask_token("etl", present(etl_)).status, 200);
  EXPECT_EQ(records().size(), 2U);
  EXPECT_EQ(metrics_.tokens_issued.value(), 2);
}

// Product section 5, rule 6.
TEST_F(ServiceToken, RemembersWhatWasVerified) {
  for (int i = 0; i < 3; ++i) ASSERT_EQ(ask_token("etl", present(etl_)).status, 200);
  EXPECT_EQ(metrics_.verification_hits.value(), 2);
}

// soft_fail: accepted, logged and counted, once for each verification.
TEST_F(ServiceToken, CountsWhatIsAcceptedThoughItsRevocationIsUnknown) {
  ASSERT_EQ(ask_token("etl", present(etl_)).status, 200);
  EXPECT_EQ(metrics_.unknown_revocations.value(), 0);
  snapshot_.trust_stores["partner"] =
      make_store("partner", root_)->with_revocation({x509::RevocationMode::soft_fail, {}});
  publish();
  testing::internal::CaptureStderr();
  for (int i = 0; i < 2; ++i) EXPECT_EQ(ask_token("etl", present(etl_)).status, 200);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(metrics_.unknown_revocations.value(), 1);
  EXPECT_NE(log.find("revocation_unknown"), std::string::npos) << log;
  EXPECT_NE(log.find(etl_.certificate.serial_hex()), std::string::npos) << log;

  snapshot_.trust_stores["partner"] =
      make_store("partner", root_)->with_revocation({x509::RevocationMode::require, {}});
  publish();
  expect_refused(ask_token("etl", present(etl_)), 400, "invalid_client", "revocation_unknown");
}

TEST_F(ServiceToken, IsRefusedOnceTheRememberedCertificateHasExpired) {
  const PeerChain peer = present(etl_);
  ASSERT_EQ(ask_token("etl", peer).status, 200);
  FakeClock::now = etl_.certificate.not_after() + std::chrono::seconds{1};
  expect_refused(ask_token("etl", peer), 400, "invalid_client", "certificate_expired");
}

}  // namespace certbound::oauth
