#include "app/token_judges.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "jose/jwe.hpp"
#include "oauth/sealed_token.hpp"

namespace certbound::app {

namespace {

using std::chrono::minutes;

constexpr WallTime kJudgedAt{std::chrono::seconds{1768478400}};

WallTime judged_at() { return kJudgedAt; }

oauth::SealingKey sealing_key(std::uint8_t octet) {
  return {"s1", crypto::Secret{Bytes(crypto::kAes256KeyOctets, octet)}};
}

oauth::Claims sealed_claims() {
  oauth::Claims claims;
  claims.issuer = "https://as.example.com";
  claims.subject = "etl";
  claims.audience = {"https://api.example.com"};
  claims.client_id = "etl";
  claims.issued_at = kJudgedAt;
  claims.expires_at = kJudgedAt + minutes{5};
  claims.jti = "id";
  claims.scope = "read";
  claims.confirmation.x5t_s256 = "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0";
  return claims;
}

AccessToken accepted_token() {
  AccessToken token;
  token.client_id = "etl";
  token.token_id = "id";
  token.issued_at = kJudgedAt - minutes{1};
  token.expires_at = kJudgedAt + minutes{1};
  token.x5t_s256 = "thumbprint";
  return token;
}

std::shared_ptr<const oauth::DenyList> deny(model::DenialKind kind, const std::string& subject) {
  model::Denial denial;
  denial.kind = kind;
  denial.subject = subject;
  denial.created_at = kJudgedAt;
  denial.until = kJudgedAt + minutes{10};
  return oauth::DenyList{}.with(std::vector{denial}, {});
}

}  // namespace

TEST(MakeDenialCheck, SaysWhatIntrospectionWould) {
  EXPECT_FALSE(make_denial_check(std::make_shared<const oauth::DenyList>(), &judged_at)(accepted_token()));
  for (const auto& [kind, subject] :
       {std::pair{model::DenialKind::jti, "id"}, std::pair{model::DenialKind::thumbprint, "thumbprint"},
        std::pair{model::DenialKind::client, "etl"}}) {
    EXPECT_TRUE(make_denial_check(deny(kind, subject), &judged_at)(accepted_token())) << subject;
    EXPECT_FALSE(make_denial_check(deny(kind, "other"), &judged_at)(accepted_token())) << subject;
  }
  AccessToken expired = accepted_token();
  expired.expires_at = kJudgedAt;
  EXPECT_TRUE(make_denial_check(std::make_shared<const oauth::DenyList>(), &judged_at)(expired));
}

TEST(MakeOpener, TellsTheClaimsAsIntrospectionDoes) {
  auto snapshot = std::make_shared<oauth::Snapshot>();
  snapshot->sealing_keys = {sealing_key(1)};
  const auto token = oauth::TokenSealer{}.seal(sealed_claims(), snapshot->sealing_keys);
  ASSERT_TRUE(token);
  const auto opened = make_opener(snapshot)(*token);
  const auto* json = std::get_if<std::string>(&opened);
  ASSERT_NE(json, nullptr);
  EXPECT_EQ(nlohmann::json::parse(*json),
            (nlohmann::json{{"iss", "https://as.example.com"},
                            {"sub", "etl"},
                            {"aud", "https://api.example.com"},
                            {"client_id", "etl"},
                            {"iat", 1768478400},
                            {"exp", 1768478700},
                            {"jti", "id"},
                            {"scope", "read"},
                            {"cnf", {{"x5t#S256", "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0"}}}}));
}

TEST(MakeOpener, NamesTheFaultAsTheLibraryDoes) {
  auto snapshot = std::make_shared<oauth::Snapshot>();
  snapshot->sealing_keys = {sealing_key(1)};
  const auto reason_of_token = [&snapshot](std::string_view token) {
    const auto opened = make_opener(snapshot)(token);
    const auto* fault = std::get_if<verifier::Fault>(&opened);
    return fault == nullptr ? std::string_view{"none"} : name(fault->reason);
  };
  const auto seal = [](std::string_view typ, std::string_view kid, std::uint8_t key, std::string_view text) {
    return *jose::seal_compact(typ, kid, sealing_key(key).key, crypto::GcmNonce{}, text);
  };
  EXPECT_EQ(reason_of_token("a..b.c.d"), "token_malformed");
  EXPECT_EQ(reason_of_token(seal("other", "s1", 1, "[]")), "type_wrong");
  EXPECT_EQ(reason_of_token(seal("at+sealed", "s2", 1, "[]")), "key_unknown");
  EXPECT_EQ(reason_of_token(seal("at+sealed", "s1", 2, "[]")), "signature_wrong");
  EXPECT_EQ(reason_of_token(seal("at+sealed", "s1", 1, "[]")), "claims_malformed");
}

}  // namespace certbound::app
