#include "verifier/claims.hpp"

#include "issuer.hpp"

namespace certbound::verifier {

namespace {

/// Why the claims are refused; empty where they are read.
std::string claims_fault(const nlohmann::json& claims) {
  const auto parsed = parse_claims(claims.dump());
  return parsed ? std::string{} : parsed.error().detail;
}

std::string fault_with(const char* claim, const nlohmann::json& value) {
  auto claims = test::good_claims();
  claims[claim] = value;
  return claims_fault(claims);
}

}  // namespace

// RFC 9068 section 2.2.
TEST(ParseClaims, ReadsAnAccessToken) {
  auto given = test::good_claims();
  given["nbf"] = 1768478000;
  const auto claims = parse_claims(given.dump());
  ASSERT_TRUE(claims) << claims.error().detail;
  const AccessToken& token = claims->token;
  EXPECT_EQ(token.issuer, test::kIssuer);
  EXPECT_EQ(token.subject, "etl");
  EXPECT_EQ(token.client_id, "etl");
  EXPECT_EQ(token.token_id, "Zm9vYmFyYmF6cXV4");
  EXPECT_EQ(token.audience, std::vector<std::string>{test::kAudience});
  EXPECT_EQ(token.scopes, (std::vector<std::string>{"orders.read", "orders.write"}));
  EXPECT_TRUE(token.has_scope("orders.read"));
  EXPECT_FALSE(token.has_scope("orders"));
  EXPECT_EQ(token.issued_at, test::kNow - std::chrono::seconds{60});
  EXPECT_EQ(token.expires_at, test::kNow + std::chrono::seconds{240});
  EXPECT_EQ(token.not_before->time_since_epoch().count(), 1768478000);
  EXPECT_EQ(token.x5t_s256, test::kThumbprint);
  EXPECT_EQ(token.claims_json, given.dump());
  ASSERT_TRUE(claims->confirmation.certificate);
  EXPECT_EQ(claims->confirmation.certificate->to_base64url(), test::kThumbprint);
}

TEST(ParseClaims, DemandsWhatRfc9068Requires) {
  for (const auto* claim : {"iss", "sub", "client_id", "jti", "aud", "iat", "exp"}) {
    auto claims = test::good_claims();
    claims.erase(claim);
    EXPECT_EQ(claims_fault(claims), std::string{claim} + ": missing");
    EXPECT_NE(fault_with(claim, nullptr), "") << claim;
    EXPECT_NE(fault_with(claim, nlohmann::json::object()), "") << claim;
    EXPECT_NE(fault_with(claim, true), "") << claim;
  }
  for (const auto* claim : {"iss", "sub", "client_id", "jti"})
    EXPECT_EQ(fault_with(claim, ""), std::string{claim} + ": empty");
}

// RFC 7519 section 4.1.3.
TEST(ParseClaims, TakesOneAudienceOrSeveral) {
  EXPECT_EQ(fault_with("aud", {"a", "b"}), "");
  EXPECT_EQ(fault_with("aud", nlohmann::json::array()), "aud: neither a string nor an array of them");
  EXPECT_EQ(fault_with("aud", {"a", 7}), "aud: not an array of strings");
}

// RFC 7519 section 2: a NumericDate may have a fraction. JOSE-25.
TEST(ParseClaims, RoundsAFractionToWhatIsValidForLess) {
  auto given = test::good_claims();
  given["iat"] = 1000.25;
  given["nbf"] = 1000.25;
  given["exp"] = 1100.75;
  const auto claims = parse_claims(given.dump());
  ASSERT_TRUE(claims) << claims.error().detail;
  EXPECT_EQ(claims->token.issued_at.time_since_epoch().count(), 1001);
  EXPECT_EQ(claims->token.not_before->time_since_epoch().count(), 1001);
  EXPECT_EQ(claims->token.expires_at.time_since_epoch().count(), 1100);
  EXPECT_EQ(fault_with("exp", 2e9), "");
}

TEST(ParseClaims, RefusesWhatIsNoTime) {
  for (const auto* claim : {"iat", "exp", "nbf"}) {
    EXPECT_EQ(fault_with(claim, "1768478400"), std::string{claim} + ": not a number");
    EXPECT_EQ(fault_with(claim, -1), std::string{claim} + ": not a time");
    EXPECT_EQ(fault_with(claim, 1e300), std::string{claim} + ": not a time");
    EXPECT_EQ(fault_with(claim, 18446744073709551615ULL), std::string{claim} + ": not a time");
    EXPECT_EQ(fault_with(claim, 253402300800), std::string{claim} + ": not a time");
  }
}

TEST(ParseClaims, ReadsScopesStrictly) {
  EXPECT_EQ(fault_with("scope", ""), "");
  EXPECT_EQ(fault_with("scope", {"orders.read"}), "scope: not a string");
  auto claims = test::good_claims();
  claims.erase("scope");
  const auto parsed = parse_claims(claims.dump());
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed->token.scopes.empty());
}

// RFC 7800 section 3.1, RFC 8705 section 3.1: what is no thumbprint is no claim; what is something else is named.
TEST(ParseClaims, ReadsTheConfirmation) {
  const auto confirmation_of = [](const nlohmann::json& cnf) {
    auto claims = test::good_claims();
    claims["cnf"] = cnf;
    const auto parsed = parse_claims(claims.dump());
    EXPECT_TRUE(parsed) << parsed.error().detail;
    return parsed->confirmation;
  };
  EXPECT_EQ(confirmation_of({{"jwk", "x"}}).unknown, "jwk");
  EXPECT_FALSE(confirmation_of({{"jwk", "x"}}).certificate);
  EXPECT_EQ(confirmation_of({{"jwk", "x"}, {"x5t#S256", test::kThumbprint}}).unknown, "jwk");
  const auto both = confirmation_of({{"jkt", test::kOtherThumbprint}, {"x5t#S256", test::kThumbprint}});
  EXPECT_EQ(both.key->to_base64url(), test::kOtherThumbprint);
  EXPECT_EQ(both.certificate->to_base64url(), test::kThumbprint);
  EXPECT_EQ(both.unknown, "");
  EXPECT_FALSE(confirmation_of({{"jkt", test::kThumbprint}}).certificate);
  EXPECT_EQ(confirmation_of({{"x5t#S256", test::kThumbprint}}).unknown, "");
  auto unbound = test::good_claims();
  unbound.erase("cnf");
  const auto parsed = parse_claims(unbound.dump());
  ASSERT_TRUE(parsed);
  EXPECT_FALSE(parsed->confirmation.is_present);
  EXPECT_FALSE(parsed->token.x5t_s256);
}

TEST(ParseClaims, RefusesAConfirmationThatIsMalformed) {
  const std::string thumbprint = test::kThumbprint;
  for (const nlohmann::json& cnf :
       {nlohmann::json{nullptr}, nlohmann::json{nlohmann::json::object()}, nlohmann::json("x"),
        nlohmann::json(nlohmann::json::array()), nlohmann::json(true)}) {
    EXPECT_EQ(fault_with("cnf", cnf), "cnf: not an object with a member") << cnf;
  }
  EXPECT_EQ(fault_with("cnf", nullptr), "cnf: not an object with a member");
  EXPECT_EQ(fault_with("cnf", {{"x5t#S256", 7}}), "cnf.x5t#S256: not a string");
  EXPECT_EQ(fault_with("cnf", {{"x5t#S256", nullptr}}), "cnf.x5t#S256: not a string");
  EXPECT_EQ(fault_with("cnf", {{"jkt", {test::kThumbprint}}}), "cnf.jkt: not a string");
  for (const std::string& value :
       {std::string{}, thumbprint + "=", thumbprint.substr(1), thumbprint + "A", " " + thumbprint,
        // RFC 8705's own sample of section 3.1 has unused bits that are set.
        std::string{"bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"},
        // Hexadecimal, its base64url, and standard base64: mistakes of issuers.
        std::string{"0380ed2f626650c840b2f263e6d2b29fae12ab39ae5db32b25ad27efad72e6fd"},
        std::string{"MDM4MGVkMmY2MjY2NTBjODQwYjJmMjYzZTZkMmIyOWZhZTEyYWIzOWFlNWRiMzJiMjVhZDI3ZWZhZDcyZTZmZA"},
        std::string{"A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0="}}) {
    EXPECT_EQ(fault_with("cnf", {{"x5t#S256", value}}), "cnf.x5t#S256: not a SHA-256") << value;
    EXPECT_EQ(fault_with("cnf", {{"jkt", value}}), "cnf.jkt: not a SHA-256") << value;
    EXPECT_EQ(fault_with("cnf", {{"jkt", value}, {"x5t#S256", thumbprint}}), "cnf.jkt: not a SHA-256") << value;
  }
}

// RFC 7519 section 4: two parsers would read two tokens.
TEST(ParseClaims, RefusesWhatIsNotOneObjectOfDistinctMembers) {
  const std::string good = test::good_claims().dump();
  for (const std::string& text :
       {std::string{}, std::string{"null"}, std::string{"[]"}, std::string{"\"x\""}, "[" + good + "]", good + good,
        good + "x", good.substr(0, good.size() - 1), R"({"exp":1,)" + good.substr(1),
        R"({"\u0065xp":1,)" + good.substr(1), R"({"x":{"a":1,"a":2},)" + good.substr(1),
        R"({"x":")" + std::string{"\xff"} + R"(",)" + good.substr(1),
        R"({"x":)" + std::string(10000, '[') + std::string(10000, ']') + "," + good.substr(1)}) {
    EXPECT_FALSE(parse_claims(text)) << text.substr(0, 80);
  }
  EXPECT_TRUE(parse_claims(R"({"x":{"a":1},)" + good.substr(1)));
}

}  // namespace certbound::verifier
