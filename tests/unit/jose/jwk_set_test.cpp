#include "vectors.hpp"

namespace certbound::jose {

namespace {

nlohmann::json set_of(std::initializer_list<nlohmann::json> keys) {
  return nlohmann::json{{"keys", nlohmann::json::array_t(keys.begin(), keys.end())}};
}

std::string set_refusal(const nlohmann::json& value) {
  const auto set = parse_jwk_set(value);
  return set ? "" : set.error().detail;
}

}  // namespace

// RFC 7517 section 5: members that are not understood are ignored.
TEST(ParseJwkSet, ReadsEveryKeyInOrder) {
  auto value = set_of({test::load_jwk("p256"), test::load_jwk("rsa2048"), test::load_jwk("ed25519")});
  value["extra"] = 1;
  const auto set = parse_jwk_set(value);
  ASSERT_TRUE(set) << set.error().detail;
  ASSERT_EQ(set->size(), 3U);
  EXPECT_EQ(EVP_PKEY_get_base_id(set->at(0).key.get()), EVP_PKEY_EC);
  EXPECT_EQ(EVP_PKEY_get_base_id(set->at(1).key.get()), EVP_PKEY_RSA);
  EXPECT_EQ(EVP_PKEY_get_base_id(set->at(2).key.get()), EVP_PKEY_ED25519);
}

TEST(ParseJwkSet, AcceptsAnEmptySet) {
  const auto set = parse_jwk_set(set_of({}));
  ASSERT_TRUE(set);
  EXPECT_TRUE(set->empty());
}

// RFC 7517 section 5: keys whose `kty` is not understood are ignored.
TEST(ParseJwkSet, SkipsUnknownTypesAndCurves) {
  const auto set = parse_jwk_set(set_of({{{"kty", "AKP"}, {"alg", "ML-DSA-44"}, {"pub", "AA"}},
                                         test::load_jwk("secp256k1"),
                                         {{"kty", "OKP"}, {"crv", "X25519"}, {"x", "AA"}},
                                         test::load_jwk("p256")}));
  ASSERT_TRUE(set) << set.error().detail;
  ASSERT_EQ(set->size(), 1U);
  EXPECT_EQ(set->front().thumbprint, test::make_keys(test::load_jwk("p256")).front().thumbprint);
}

TEST(ParseJwkSet, NamesTheKeyThatIsWrong) {
  EXPECT_EQ(set_refusal(set_of({test::load_jwk("p256"), test::load_jwk("rsa1024")})),
            "keys[1]: n: 1024 bits; 2048 to 8192 are accepted");
  EXPECT_EQ(set_refusal(set_of({{{"kty", "EC"}, {"x", "AA"}}})), "keys[0]: crv: not P-256, P-384 or P-521");
  EXPECT_EQ(set_refusal(set_of({nlohmann::json(7)})), "keys[0]: a JWK is not an object");
  EXPECT_EQ(set_refusal(set_of({{{"use", "sig"}}})), "keys[0]: kty: missing or not a string");
}

// A secret that was published must be heard of, even where the key would be skipped.
TEST(ParseJwkSet, RefusesPrivateMembersOfAnyKey) {
  EXPECT_EQ(set_refusal(set_of({{{"kty", "oct"}, {"k", "AAAA"}}})).find("keys[0]: k: a private key member"), 0U);
  auto secp256k1 = test::load_jwk("secp256k1");
  secp256k1["d"] = "AAAA";
  EXPECT_EQ(set_refusal(set_of({test::load_jwk("p256"), secp256k1})).find("keys[1]: d: a private key member"), 0U);
}

// A set that somebody else keeps: one key of it must not cost him the others.
TEST(ParseUsableKeys, LeavesOutWhatIsWrongAndSaysWhy) {
  std::vector<std::string> skipped;
  const auto set = parse_usable_keys(
      set_of({test::load_jwk("rsa1024"), test::load_jwk("p256"), {{"kty", "EC"}, {"x", "AA"}}}), skipped);
  ASSERT_TRUE(set);
  EXPECT_EQ(set->size(), 1U);
  EXPECT_EQ(skipped, (std::vector<std::string>{"keys[0]: n: 1024 bits; 2048 to 8192 are accepted",
                                               "keys[2]: crv: not P-256, P-384 or P-521"}));
}

TEST(ParseUsableKeys, RefusesPrivateMembersOfAnyKey) {
  std::vector<std::string> skipped;
  auto secret = test::load_jwk("p256");
  secret["d"] = "AAAA";
  EXPECT_FALSE(parse_usable_keys(set_of({test::load_jwk("rsa2048"), secret}), skipped));
  EXPECT_FALSE(parse_usable_keys(nlohmann::json::array(), skipped));
}

TEST(ParseJwkSet, RefusesWhatIsNoSet) {
  for (const auto& value :
       {nlohmann::json(), nlohmann::json::array(), nlohmann::json::object(), nlohmann::json{{"keys", "none"}},
        nlohmann::json{{"keys", nlohmann::json::object()}}, test::load_jwk("p256")}) {
    EXPECT_EQ(set_refusal(value), "a JWK Set is an object with an array `keys`") << value;
  }
}

}  // namespace certbound::jose
