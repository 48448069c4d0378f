#include "oauth/claims.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace certbound::oauth {

namespace {

Claims full_claims() {
  Claims claims;
  claims.issuer = "https://as.example";
  claims.subject = "etl \"1\"";
  claims.audience = {"https://a.example", "urn:b"};
  claims.client_id = "etl";
  claims.issued_at = WallTime{std::chrono::seconds{1'700'000'000}};
  claims.expires_at = WallTime{std::chrono::seconds{1'700'000'300}};
  claims.jti = "id";
  claims.scope = "read write";
  claims.confirmation.x5t_s256 = std::string(43, 'A');
  return claims;
}

std::string render(const Claims& claims) {
  std::string json = "{";
  append_claims(json, claims);
  json.back() = '}';
  return json;
}

void expect_equal(const Claims& a, const Claims& b) {
  EXPECT_EQ(a.issuer, b.issuer);
  EXPECT_EQ(a.subject, b.subject);
  EXPECT_EQ(a.audience, b.audience);
  EXPECT_EQ(a.client_id, b.client_id);
  EXPECT_EQ(a.issued_at, b.issued_at);
  EXPECT_EQ(a.expires_at, b.expires_at);
  EXPECT_EQ(a.jti, b.jti);
  EXPECT_EQ(a.scope, b.scope);
  EXPECT_EQ(a.confirmation.x5t_s256, b.confirmation.x5t_s256);
}

}  // namespace

TEST(ParseClaims, ReadsWhatWasWritten) {
  Claims claims = full_claims();
  const auto full = parse_claims(render(claims));
  ASSERT_TRUE(full) << full.error().detail;
  expect_equal(*full, claims);
  claims.audience.pop_back();
  claims.scope.clear();
  claims.confirmation = {};
  const auto small = parse_claims(render(claims));
  ASSERT_TRUE(small) << small.error().detail;
  expect_equal(*small, claims);
}

TEST(ParseClaims, RefusesAMemberThatIsMissingOrOfAnotherType) {
  const auto good = nlohmann::json::parse(render(full_claims()));
  for (const char* name : {"iss", "sub", "aud", "client_id", "iat", "exp", "jti"}) {
    auto without = good;
    without.erase(name);
    EXPECT_FALSE(parse_claims(without.dump())) << name;
  }
  for (const char* name : {"iss", "sub", "aud", "client_id", "iat", "exp", "jti", "scope", "cnf"}) {
    for (const char* wrong : {"null", "true", "1.5", "-1", "[]", "{}", "[1]", "\"\"", "1e300"}) {
      if (std::string_view{name} == "aud" && std::string_view{wrong} == "\"\"") continue;
      auto other = good;
      other[name] = nlohmann::json::parse(wrong);
      EXPECT_FALSE(parse_claims(other.dump())) << name << " " << wrong;
    }
  }
  auto later = good;
  later["nbf"] = 1;  // none of ours has it, and nobody would look at it
  EXPECT_FALSE(parse_claims(later.dump()));
  EXPECT_FALSE(parse_claims("[]"));
  EXPECT_FALSE(parse_claims(""));
}

// lessons.md: a confirmation member that nobody understands is one that nobody checks.
TEST(ParseClaims, RefusesAConfirmationThatItDoesNotUnderstand) {
  auto other = nlohmann::json::parse(render(full_claims()));
  other["cnf"]["osc"] = "x";
  EXPECT_FALSE(parse_claims(other.dump()));
  other["cnf"] = {{"osc", "x"}};
  EXPECT_FALSE(parse_claims(other.dump()));
  other["cnf"] = {{"jkt", 1}};
  EXPECT_FALSE(parse_claims(other.dump()));
}

// RFC 9449 section 6.1, RFC 8705 section 3.1: either member, or both.
TEST(ParseClaims, ReadsBothMembersOfTheConfirmation) {
  Claims claims = full_claims();
  claims.confirmation.jkt = std::string(43, 'B');
  const auto both = parse_claims(render(claims));
  ASSERT_TRUE(both) << both.error().detail;
  EXPECT_EQ(both->confirmation.x5t_s256, std::string(43, 'A'));
  EXPECT_EQ(both->confirmation.jkt, std::string(43, 'B'));
  EXPECT_EQ(token_type(both->confirmation), "DPoP");
  claims.confirmation.x5t_s256.clear();
  const auto one = parse_claims(render(claims));
  ASSERT_TRUE(one) << one.error().detail;
  EXPECT_EQ(one->confirmation.x5t_s256, "");
  EXPECT_EQ(one->confirmation.jkt, std::string(43, 'B'));
}

}  // namespace certbound::oauth
