#include <set>

#include "base/base64url.hpp"
#include "unit/oauth/token_endpoint_fixture.hpp"

namespace certbound::oauth {

class Introspect : public TokenEndpointFixture {};

// RFC 7662 section 2.2 (7662-2.2-1, 7662-2.2-3, 7662-4-5), RFC 8705 section 3.2 (8705-3.2-1, 8705-3.2-2).
TEST_F(Introspect, TellsTheServerOfTheResourceAllClaims) {
  const Answer granted = ask_token("etl", present(etl_), "&scope=read");
  Json expected = claims_of(granted);
  expected["active"] = true;
  expected["token_type"] = "Bearer";
  const Answer answer = introspect("orders-api", token_of(granted));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.content_type, "application/json");
  EXPECT_EQ(answer.header("Cache-Control"), "no-store");
  EXPECT_EQ(answer.body, expected);
  EXPECT_EQ(answer.body["cnf"]["x5t#S256"], x509::x5t_s256(etl_.certificate));
}

// 7662-4-1; lessons.md: a token of client A introspected by client B.
TEST_F(Introspect, TellsNobodyElseAnything) {
  const std::string token = token_of(ask_token("etl", present(etl_)));
  for (const char* caller : {"stock-api", "other", "etl"}) {
    const Answer answer = ask(make_client_request("/oauth2/introspect", caller, peer_of(caller), "&token=" + token));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.text, R"({"active":false})") << caller;
    EXPECT_EQ(records().back()["token_state"], "not_for_caller");
  }
}

TEST_F(Introspect, TellsEachServerOfATokenForSeveralResources) {
  const std::string both = "&resource=" + std::string{kOrders} + "&resource=" + std::string{kStock};
  const std::string token = token_of(ask_token("etl", present(etl_), both));
  EXPECT_EQ(introspect("orders-api", token).body["active"], true);
  EXPECT_EQ(introspect("stock-api", token).body["active"], true);
}

// 7662-2.2-2, 8705-3.2-3: whatever is not an active token of ours.
TEST_F(Introspect, SaysNothingButInactiveOfAnythingElse) {
  const std::string token = token_of(ask_token("etl", present(etl_)));
  const std::string payload = token.substr(0, token.rfind('.'));
  std::string forged = token;
  forged[forged.size() - 10] = forged[forged.size() - 10] == 'A' ? 'B' : 'A';
  for (const std::string& other : {std::string{"nonsense"}, payload + ".", std::string{"a.b.c"}, forged, token + "A",
                                   std::string{"%7B%7D"}, std::string(20'000, 'x')}) {
    const Answer answer = introspect("orders-api", other);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.text, R"({"active":false})") << other.substr(0, 80);
    EXPECT_EQ(records().back()["token_state"], "unknown");
  }
  EXPECT_EQ(introspect("orders-api", token).body["active"], true);
}

TEST_F(Introspect, BelievesNoOtherKeyAndNoOtherIssuer) {
  const std::string token = token_of(ask_token("etl", present(etl_)));
  const auto keys = snapshot_.keys;
  snapshot_.keys = {make_signing_key(model::SigningAlgorithm::es256)};
  publish();
  EXPECT_EQ(introspect("orders-api", token).text, R"({"active":false})");
  snapshot_.keys = keys;
  snapshot_.issuer = "https://other.example";
  publish();
  EXPECT_EQ(introspect("orders-api", token).text, R"({"active":false})");
}

// A key that signs no more verifies what it signed.
TEST_F(Introspect, KnowsTokensOfARetiredKey) {
  const std::string token = token_of(ask_token("etl", present(etl_)));
  snapshot_.keys.front().record.state = model::KeyState::retired;
  snapshot_.keys.push_back(make_signing_key(model::SigningAlgorithm::eddsa));
  snapshot_.signing.algorithm = model::SigningAlgorithm::eddsa;
  publish();
  EXPECT_EQ(introspect("orders-api", token).body["active"], true);
  EXPECT_EQ(introspect("orders-api", token_of(ask_token("etl", present(etl_)))).body["active"], true);
}

TEST_F(Introspect, EndsWithTheToken) {
  const std::string token = token_of(ask_token("etl", present(etl_)));
  FakeClock::now += std::chrono::seconds{299};
  EXPECT_EQ(introspect("orders-api", token).body["active"], true);
  FakeClock::now += std::chrono::seconds{1};
  EXPECT_EQ(introspect("orders-api", token).text, R"({"active":false})");
  EXPECT_EQ(records().back()["token_state"], "expired");
}

// What is remembered of a token is its signature: whether it is active, and who may know, is looked at each time.
TEST_F(Introspect, RemembersNoVerdict) {
  const std::string token = token_of(ask_token("etl", present(etl_)));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(is_active_for_orders(token));
  EXPECT_EQ(introspect("stock-api", token).text, R"({"active":false})");
  EXPECT_EQ(records().back()["token_state"], "not_for_caller");
  deny(model::DenialKind::client, "etl");
  EXPECT_FALSE(is_active_for_orders(token));
  EXPECT_EQ(records().back()["token_state"], "denied");
  const std::string other = token_of(ask_token("other", peer_of("other")));
  EXPECT_TRUE(is_active_for_orders(other));
  FakeClock::now += std::chrono::seconds{300};
  EXPECT_FALSE(is_active_for_orders(other));
  EXPECT_EQ(records().back()["token_state"], "expired");
}

// A text that differs in one octet is another token, whatever is remembered.
TEST_F(Introspect, RemembersWholeTokens) {
  const std::string token = token_of(ask_token("etl", present(etl_)));
  EXPECT_TRUE(is_active_for_orders(token));
  for (const std::size_t at : {std::size_t{0}, token.size() / 2, token.size() - 1}) {
    std::string changed = token;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(is_active_for_orders(changed)) << at;
    EXPECT_FALSE(is_active_for_orders(changed)) << at;
  }
  EXPECT_TRUE(is_active_for_orders(token));
}

// A key that is out of the JWK Set takes its tokens with it, also those that were seen.
TEST_F(Introspect, ForgetsWithTheKeys) {
  const std::string token = token_of(ask_token("etl", present(etl_)));
  EXPECT_TRUE(is_active_for_orders(token));
  snapshot_.keys = {make_signing_key(model::SigningAlgorithm::es256)};
  publish();
  EXPECT_FALSE(is_active_for_orders(token));
}

// Whatever else this server signs is no access token: RFC 9701 section 8.1.
TEST_F(Introspect, DoesNotTakeItsOwnAnswerForAToken) {
  const std::string token = token_of(ask_token("etl", present(etl_)));
  const Answer answer = introspect("orders-api", token, "application/token-introspection+jwt");
  EXPECT_EQ(introspect("orders-api", answer.text).text, R"({"active":false})");
}

// 7662-2.1-1: a hint is only a hint.
TEST_F(Introspect, DoesNotNeedTheHint) {
  const std::string token = token_of(ask_token("etl", present(etl_)));
  for (const char* hint : {"access_token", "refresh_token", "banana"}) {
    const Answer answer = ask(make_client_request("/oauth2/introspect", "orders-api", peer_of("orders-api"),
                                                  "&token=" + token + "&token_type_hint=" + hint));
    EXPECT_EQ(answer.body["active"], true) << hint;
  }
}

// 7662-4-1: as verifiers judge it. The clock was set back, or the token was made for later.
TEST_F(Introspect, ATokenOfALaterTimeIsNotActive) {
  const std::string token = token_of(ask_token("etl", present(etl_)));
  FakeClock::now -= std::chrono::seconds{1};
  EXPECT_EQ(introspect("orders-api", token).body, (Json{{"active", false}}));
  EXPECT_EQ(records().back()["token_state"], "not_yet_valid");
}

TEST_F(Introspect, NeedsAToken) {
  const Answer answer = ask(make_client_request("/oauth2/introspect", "orders-api", peer_of("orders-api"), "&token="));
  expect_refused(answer, 400, "invalid_request", "missing_parameter");
}

// 7662-2.1-2, 7662-2.1-3, 8705-2-9, D1: 401 always, with a challenge (RFC 9110 section 15.5.2).
TEST_F(Introspect, AnswersOnlyWhoAuthenticates) {
  const std::string token = token_of(ask_token("etl", present(etl_)));
  const auto ask_as = [&](const std::string& client_id, PeerChain peer) {
    return ask(make_client_request("/oauth2/introspect", client_id, std::move(peer), "&token=" + token));
  };
  const Answer missing = ask_as("orders-api", nullptr);
  expect_refused(missing, 401, "invalid_client", "certificate_missing");
  EXPECT_EQ(missing.header("WWW-Authenticate"), "ClientCertificate realm=\"certbound\"");
  const Answer wrong = ask_as("orders-api", peer_of("etl"));
  expect_refused(wrong, 401, "invalid_client", "subject_mismatch");
  const Answer unknown = ask_as("nobody", peer_of("etl"));
  expect_refused(unknown, 401, "invalid_client", "client_unknown");
  EXPECT_EQ(missing.text, wrong.text);
  EXPECT_EQ(missing.text, unknown.text);
}

// RFC 9701 sections 4 and 5 (9701-4-1, 9701-5-1).
TEST_F(Introspect, SignsItsAnswerWhereThatIsAskedFor) {
  const std::string token = token_of(ask_token("etl", present(etl_)));
  const Json plain = introspect("orders-api", token).body;
  const Answer answer = introspect("orders-api", token, "application/token-introspection+jwt");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.content_type, "application/token-introspection+jwt");
  EXPECT_EQ(answer.header("Cache-Control"), "no-store");
  const jose::VerifiedJws jwt = verify_text(answer.text);
  EXPECT_EQ(Json::parse(jwt.header_json)["typ"], "token-introspection+jwt");
  EXPECT_EQ(Json::parse(jwt.payload), (Json{{"iss", kIssuer},
                                            {"aud", "orders-api"},
                                            {"iat", unix_seconds(FakeClock::now)},
                                            {"token_introspection", plain}}));
}

// RFC 9110 section 5.3: one list, in however many fields.
TEST_F(Introspect, ReadsEveryAcceptField) {
  http::Request request = make_client_request("/oauth2/introspect", "orders-api", peer_of("orders-api"), "&token=x");
  request.headers.emplace_back("accept", "text/html");
  request.headers.emplace_back("accept", "application/token-introspection+jwt");
  EXPECT_EQ(ask(std::move(request)).content_type, "application/token-introspection+jwt");
}

// 9701-5-2, 9701-5-3.
TEST_F(Introspect, SignsAlsoThatATokenIsNotActive) {
  const std::string_view type = "application/token-introspection+jwt";
  const Answer answer = introspect("orders-api", "nonsense", type);
  EXPECT_EQ(Json::parse(verify_text(answer.text).payload)["token_introspection"], (Json{{"active", false}}));
  http::Request stranger = make_client_request("/oauth2/introspect", "orders-api", nullptr, "&token=x");
  stranger.headers.emplace_back("accept", std::string{type});
  const Answer refused = ask(stranger);
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(refused.content_type, "application/json");
}

TEST_F(Introspect, IsRecordedAndCounted) {
  const Answer granted = ask_token("etl", present(etl_));
  (void)introspect("orders-api", token_of(granted));
  const Json record = records().back();
  EXPECT_EQ(record["endpoint"], "introspection");
  EXPECT_EQ(record["client_id"], "orders-api");
  EXPECT_EQ(record["token_client_id"], "etl");
  EXPECT_EQ(record["jti"], claims_of(granted)["jti"]);
  EXPECT_EQ(record["token_state"], "active");
  EXPECT_FALSE(record.contains("aud"));
  EXPECT_FALSE(record.contains("expires_at"));
  (void)introspect("orders-api", "nonsense");
  const std::string metrics = registry_.render_text();
  EXPECT_NE(metrics.find("certbound_introspections_total{active=\"true\"} 1"), std::string::npos);
  EXPECT_NE(metrics.find("certbound_introspections_total{active=\"false\"} 1"), std::string::npos);
  EXPECT_NE(metrics.find("certbound_tokens_issued_total 1"), std::string::npos);
}

}  // namespace certbound::oauth
