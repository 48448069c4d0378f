#include "verifier/key_set.hpp"

#include "issuer.hpp"

namespace certbound::verifier {

namespace {

std::string key_set_fault(const std::string& text) {
  const auto loaded = load_key_set(text, 10);
  return loaded ? std::string{} : loaded.error().detail;
}

}  // namespace

TEST(LoadKeySet, TakesThePublishedKeys) {
  const test::Issuer issuer;
  const auto set = load_key_set(issuer.jwks(), 10);
  ASSERT_TRUE(set) << set.error().detail;
  ASSERT_EQ((*set)->keys.size(), 1U);
  EXPECT_EQ((*set)->keys.front().kid, "k1");
  EXPECT_EQ((*set)->text, issuer.jwks());
  EXPECT_TRUE((*set)->skipped.empty());
}

// RFC 7517 section 5: what is not understood is passed over; one fault does not cost the other keys.
TEST(LoadKeySet, PassesOverWhatItCannotUse) {
  const test::Issuer issuer;
  const nlohmann::json keys = {
      {{"kty", "new"}}, {{"kty", "EC"}, {"crv", "P-256"}, {"x", "AA"}, {"y", "AA"}}, issuer.jwk()};
  const auto set = load_key_set(nlohmann::json{{"keys", keys}, {"more", 1}}.dump(), 10);
  ASSERT_TRUE(set) << set.error().detail;
  EXPECT_EQ((*set)->keys.size(), 1U);
  ASSERT_EQ((*set)->skipped.size(), 1U);
  EXPECT_EQ((*set)->skipped.front().substr(0, 9), "keys[1]: ");
}

TEST(LoadKeySet, RefusesASetThatVerifiesNothing) {
  auto encryption = test::Issuer{}.jwk();
  encryption["use"] = "enc";
  for (const std::string& text : {std::string{}, std::string{"{}"}, std::string{"[]"}, std::string{R"({"keys":[]})"},
                                  std::string{R"({"keys":{}})"}, std::string{R"({"keys":[],"keys":[]})"},
                                  nlohmann::json{{"keys", {encryption}}}.dump(),
                                  R"({"keys":[{"kty":"oct","k":"AAAA"}]})" + std::string{}, std::string(300000, ' ')}) {
    EXPECT_NE(key_set_fault(text), "") << text.substr(0, 60);
  }
}

// Whoever publishes a private key must hear of it.
TEST(LoadKeySet, RefusesAPrivateKey) {
  auto jwk = test::Issuer{}.jwk();
  jwk["d"] = "AAAA";
  EXPECT_NE(key_set_fault(nlohmann::json{{"keys", {test::Issuer{}.jwk(), jwk}}}.dump()).find("private"),
            std::string::npos);
}

}  // namespace certbound::verifier
