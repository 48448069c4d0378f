#include <map>

#include "jose/jwe.hpp"
#include "oauth/sealed_token.hpp"
#include "oauth/token_policy.hpp"
#include "unit/oauth/token_endpoint_fixture.hpp"

namespace certbound::oauth {

namespace {

SealingKey make_sealing_key(const std::string& kid, std::uint8_t octet) {
  return {kid, crypto::Secret{Bytes(crypto::kAes256KeyOctets, octet)}};
}

Claims make_claims_with_jti(const std::string& jti) {
  Claims claims;
  claims.issuer = kIssuer;
  claims.subject = "somebody";
  claims.client_id = "etl";
  claims.audience = {std::string{kOrders}};
  claims.issued_at = FakeClock::now;
  claims.expires_at = FakeClock::now + std::chrono::minutes{1};
  claims.jti = jti;
  return claims;
}

}  // namespace

/// Tokens for orders are opaque.
class OpaqueToken : public TokenEndpointFixture {
 protected:
  OpaqueToken() {
    orders().token_format = model::TokenFormat::opaque;
    snapshot_.sealing_keys = {make_sealing_key("s1", 1)};
    publish();
  }
  model::Resource& orders() { return snapshot_.resources.find(kOrders)->second; }
  model::Resource& stock() { return snapshot_.resources.find(kStock)->second; }
};

TEST_F(OpaqueToken, SaysNothingToWhoHoldsItAndAllToTheServerOfTheResource) {
  const Answer granted = ask_token("etl", present(etl_), "&scope=read");
  EXPECT_EQ(granted.body["token_type"], "Bearer");
  EXPECT_EQ(granted.body["expires_in"], 300);
  const std::string token = token_of(granted);
  EXPECT_FALSE(jose::split_compact(token));
  EXPECT_LT(token.size(), 500U);
  const Json answer = introspect("orders-api", token).body;
  const Json record = records()[0];
  EXPECT_EQ(answer, (Json{{"active", true},
                          {"token_type", "Bearer"},
                          {"iss", kIssuer},
                          {"sub", "etl"},
                          {"aud", kOrders},
                          {"client_id", "etl"},
                          {"iat", unix_seconds(FakeClock::now)},
                          {"exp", unix_seconds(FakeClock::now) + 300},
                          {"jti", record["jti"]},
                          {"scope", "read"},
                          {"cnf", {{"x5t#S256", x509::x5t_s256(etl_.certificate)}}}}));
  EXPECT_EQ(introspect("stock-api", token).text, R"({"active":false})");
}

TEST_F(OpaqueToken, IsRevokedAndDeniedAsAnyOther) {
  const std::string token = token_of(ask_token("etl", present(etl_)));
  EXPECT_EQ(revoke("other", token).status, 400);
  EXPECT_TRUE(is_active_for_orders(token));
  EXPECT_EQ(revoke("etl", token).status, 200);
  EXPECT_FALSE(is_active_for_orders(token));
  const std::string next = token_of(ask_token("etl", present(etl_)));
  deny(model::DenialKind::thumbprint, x509::x5t_s256(etl_.certificate));
  EXPECT_FALSE(is_active_for_orders(next));
}

// Keys rotate: the first seals, all open.
TEST_F(OpaqueToken, IsOpenedAsLongAsItsKeyIsThere) {
  const std::string token = token_of(ask_token("etl", present(etl_)));
  snapshot_.sealing_keys = {make_sealing_key("s2", 2), make_sealing_key("s1", 1)};
  publish();
  EXPECT_TRUE(is_active_for_orders(token));
  EXPECT_TRUE(is_active_for_orders(token_of(ask_token("etl", present(etl_)))));
  snapshot_.sealing_keys = {make_sealing_key("s2", 2), make_sealing_key("s1", 3)};
  publish();
  EXPECT_FALSE(is_active_for_orders(token));
  snapshot_.sealing_keys.pop_back();
  publish();
  EXPECT_FALSE(is_active_for_orders(token));
}

// After a reload the resource may want JWTs; what was issued before lives on.
TEST_F(OpaqueToken, OutlivesAChangeOfTheFormat) {
  const std::string token = token_of(ask_token("etl", present(etl_)));
  orders().token_format = model::TokenFormat::jwt;
  publish();
  EXPECT_TRUE(is_active_for_orders(token));
  EXPECT_TRUE(jose::split_compact(token_of(ask_token("etl", present(etl_)))));
}

TEST_F(OpaqueToken, IsNotIssuedWithoutAKey) {
  snapshot_.sealing_keys.clear();
  publish();
  expect_refused(ask_token("etl", present(etl_)), 500, "server_error", "internal");
}

// RFC 8707 section 2: one token cannot be both.
TEST_F(OpaqueToken, IsNotMixedWithAJwt) {
  const std::string both = "&resource=" + std::string{kOrders} + "&resource=" + std::string{kStock};
  expect_refused(ask_token("etl", present(etl_), both), 400, "invalid_target", "resource_formats_differ");
  stock().token_format = model::TokenFormat::opaque;
  publish();
  const std::string token = token_of(ask_token("etl", present(etl_), both));
  EXPECT_EQ(introspect("stock-api", token).body["aud"], (Json{kOrders, kStock}));
}

TEST_F(OpaqueToken, LivesAsLongAsItsResourceSays) {
  orders().lifetime = std::chrono::seconds{60};
  publish();
  EXPECT_EQ(ask_token("etl", present(etl_)).body["expires_in"], 60);
  EXPECT_EQ(ask_token("etl", present(etl_), "&resource=" + std::string{kStock}).body["expires_in"], 300);
}

// The shortest of several.
TEST_F(OpaqueToken, LivesNoLongerThanAnyOfItsResourcesSays) {
  orders().token_format = model::TokenFormat::jwt;
  orders().lifetime = std::chrono::seconds{60};
  stock().lifetime = std::chrono::seconds{600};
  publish();
  const std::string both = "&resource=" + std::string{kStock} + "&resource=" + std::string{kOrders};
  const Answer answer = ask_token("etl", present(etl_), both);
  EXPECT_EQ(answer.body["expires_in"], 60);
  const Json claims = claims_of(answer);
  EXPECT_EQ(claims["exp"].get<int>() - claims["iat"].get<int>(), 60);
}

TEST_F(OpaqueToken, KeepsASubjectThatIsNotTheClient) {
  const auto sealed = TokenSealer{}.seal(make_claims_with_jti("id"), snapshot_.sealing_keys);
  ASSERT_TRUE(sealed);
  const auto opened = open_sealed_token(*sealed, snapshot_.sealing_keys);
  ASSERT_TRUE(opened) << opened.error().detail;
  EXPECT_EQ(opened->subject, "somebody");
  EXPECT_EQ(opened->scope, "");
  EXPECT_EQ(opened->confirmation.x5t_s256, "");
}

// Whatever else is sealed with the key is no token.
TEST_F(OpaqueToken, IsNothingElseThatTheKeySealed) {
  const SealingKey& key = snapshot_.sealing_keys.front();
  for (const auto& [typ, text] : {std::pair{"other", "[]"}, std::pair{"at+sealed", "[]"}, std::pair{"at+sealed", "x"},
                                  std::pair{"at+sealed", "[1,2,3,4,5,6,7,8,9]"}, std::pair{"at+sealed", "{}"}}) {
    const auto sealed = jose::seal_compact(typ, key.kid, key.key, crypto::GcmNonce{}, text);
    ASSERT_TRUE(sealed);
    EXPECT_FALSE(open_sealed_token(*sealed, snapshot_.sealing_keys)) << text;
  }
}

// docs/adr/0026: AES-GCM gives its key away with the first nonce that stands twice.
TEST_F(OpaqueToken, HasANonceOfItsOwnUnderItsKey) {
  constexpr std::uint32_t kTokensPerSalt = 5;
  TokenSealer sealers[] = {TokenSealer{kTokensPerSalt}, TokenSealer{kTokensPerSalt}};
  std::map<std::string, std::vector<crypto::GcmNonce>> nonces;  // by kid
  for (int i = 0; i < 12; ++i) {
    for (TokenSealer& sealer : sealers) {
      const auto token = value_or_throw(sealer.seal(make_claims_with_jti("id"), snapshot_.sealing_keys));
      const auto jwe = value_or_throw(jose::parse_sealed(token));
      nonces[jwe.kid].push_back(jwe.sealed.nonce);
      EXPECT_TRUE(open_sealed_token(token, snapshot_.sealing_keys));
    }
  }
  // Each worker has salts of its own, and takes a new one in time.
  EXPECT_EQ(nonces.size(), 6U);
  for (const auto& [kid, used] : nonces) {
    EXPECT_EQ(kid.substr(0, 3), "s1.");
    EXPECT_LE(used.size(), kTokensPerSalt);
    for (std::size_t i = 0; i < used.size(); ++i) {
      EXPECT_EQ((Bytes{used[i].begin(), used[i].begin() + 4}), (Bytes{0, 0, 0, static_cast<std::uint8_t>(i)}));
    }
  }
}

TEST_F(OpaqueToken, IsSealedByTheFirstKeyFromItsFirstTokenOn) {
  TokenSealer sealer;
  const auto kid_of_next = [&] {
    const auto token = value_or_throw(sealer.seal(make_claims_with_jti("id"), snapshot_.sealing_keys));
    return value_or_throw(jose::parse_sealed(token)).kid;
  };
  const std::string first = kid_of_next();
  EXPECT_EQ(kid_of_next(), first);
  snapshot_.sealing_keys = {make_sealing_key("s2", 2), make_sealing_key("s1", 1)};
  const std::string second = kid_of_next();
  EXPECT_EQ(second.substr(0, 3), "s2.");
  EXPECT_EQ(kid_of_next(), second);
  snapshot_.sealing_keys = {make_sealing_key("s1", 1)};
  EXPECT_NE(kid_of_next(), first);
  snapshot_.sealing_keys.clear();
  EXPECT_FALSE(sealer.seal(make_claims_with_jti("id"), snapshot_.sealing_keys));
}

// Earlier versions sealed with the key itself; those tokens live until they end.
TEST_F(OpaqueToken, OfAnEarlierVersionIsOpened) {
  const SealingKey& key = snapshot_.sealing_keys.front();
  const std::string text = Json::array({kIssuer,
                                        nullptr,
                                        {kOrders},
                                        "etl",
                                        unix_seconds(FakeClock::now),
                                        unix_seconds(FakeClock::now) + 60,
                                        "id",
                                        "read",
                                        ""})
                               .dump();
  const auto old = value_or_throw(jose::seal_compact("at+sealed", key.kid, key.key, crypto::GcmNonce{7}, text));
  const auto claims = open_sealed_token(old, snapshot_.sealing_keys);
  ASSERT_TRUE(claims) << claims.error().detail;
  EXPECT_EQ(claims->jti, "id");
  EXPECT_TRUE(is_active_for_orders(old));
}

TEST_F(OpaqueToken, TellsWhichStepRefusedIt) {
  const auto step_of = [this](const std::string& token) {
    SealStep step{};
    EXPECT_FALSE(open_sealed_token(token, snapshot_.sealing_keys, step));
    return step;
  };
  const SealingKey& key = snapshot_.sealing_keys.front();
  const auto seal = [&key](std::string_view typ, const std::string& kid, std::string_view text) {
    return value_or_throw(jose::seal_compact(typ, kid, key.key, crypto::GcmNonce{}, text));
  };
  EXPECT_EQ(step_of("a..b.c.d"), SealStep::take_apart);
  EXPECT_EQ(step_of(seal("other", "s1", "[]")), SealStep::check_type);
  EXPECT_EQ(step_of(seal("at+sealed", "s3", "[]")), SealStep::find_key);
  // A salt has one length and one spelling.
  for (const char* salt : {".", ".AAAA", ".AAAAAAAAAAAAAAAAAAAAAA.", ".AAAAAAAAAAAAAAAAAAAAAB", ".!"}) {
    EXPECT_EQ(step_of(seal("at+sealed", std::string{"s1"} + salt, "[]")), SealStep::find_key) << salt;
  }
  // Not the key of that salt.
  EXPECT_EQ(step_of(seal("at+sealed", "s1.AAAAAAAAAAAAAAAAAAAAAA", "[]")), SealStep::open);
  EXPECT_EQ(step_of(seal("at+sealed", "s1", "[]")), SealStep::read_claims);
}

}  // namespace certbound::oauth
