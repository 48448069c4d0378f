#include "jose/algorithm.hpp"

#include "vectors.hpp"

namespace certbound::jose {

// RFC 7518 section 3.1, RFC 8725 section 3.1: names are case-sensitive; `none` and HMAC are not ours.
TEST(FindAlgorithm, KnowsExactNamesOnly) {
  for (const auto* name :
       {"ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512", "EdDSA", "Ed25519"}) {
    ASSERT_NE(find_algorithm(name), nullptr) << name;
    EXPECT_EQ(find_algorithm(name)->name, name);
  }
  for (const auto* name :
       {"", "none", "None", "nOnE", "HS256", "HS512", "es256", "ES256 ", "ES256K", "RSA-OAEP", "Ed448"}) {
    EXPECT_EQ(find_algorithm(name), nullptr) << name;
  }
}

// RFC 7518 section 3.4: each ECDSA algorithm has one curve.
TEST(FitsKey, TiesTheAlgorithmToTypeAndCurve) {
  const auto p256 = test::make_keys(test::load_jwk("p256"));
  const auto p384 = test::make_keys(test::load_jwk("p384"));
  const auto rsa = test::make_keys(test::load_jwk("rsa2048"));
  const auto ed25519 = test::make_keys(test::load_jwk("ed25519"));
  const auto fits = [](const char* name, const std::vector<Jwk>& keys) {
    return fits_key(*find_algorithm(name), *keys.front().key);
  };

  EXPECT_TRUE(fits("ES256", p256));
  EXPECT_FALSE(fits("ES256", p384));
  EXPECT_FALSE(fits("ES256", rsa));
  EXPECT_FALSE(fits("ES256", ed25519));
  EXPECT_TRUE(fits("ES384", p384));
  EXPECT_FALSE(fits("ES384", p256));
  EXPECT_TRUE(fits("PS256", rsa));
  EXPECT_TRUE(fits("RS512", rsa));
  EXPECT_FALSE(fits("RS256", p256));
  EXPECT_TRUE(fits("EdDSA", ed25519));
  EXPECT_TRUE(fits("Ed25519", ed25519));
  EXPECT_FALSE(fits("EdDSA", p256));
}

// RFC 9864 section 2.2.
TEST(IsSameAlgorithm, TakesEd25519AndEdDsaForOne) {
  EXPECT_TRUE(is_same_algorithm(*find_algorithm("EdDSA"), *find_algorithm("Ed25519")));
  EXPECT_TRUE(is_same_algorithm(*find_algorithm("Ed25519"), *find_algorithm("EdDSA")));
  EXPECT_TRUE(is_same_algorithm(*find_algorithm("PS256"), *find_algorithm("PS256")));
  EXPECT_FALSE(is_same_algorithm(*find_algorithm("PS256"), *find_algorithm("RS256")));
  EXPECT_FALSE(is_same_algorithm(*find_algorithm("ES256"), *find_algorithm("EdDSA")));
}

// RFC 7518 section 3.4: 64, 96 and 132 octets.
TEST(SignatureOctets, IsFixedByAlgorithmAndKey) {
  const auto octets = [](const char* name, const char* key) {
    return signature_octets(*find_algorithm(name), *test::make_keys(test::load_jwk(key)).front().key);
  };
  EXPECT_EQ(octets("ES256", "p256"), 64U);
  EXPECT_EQ(octets("ES384", "p384"), 96U);
  EXPECT_EQ(octets("ES512", "p521"), 132U);
  EXPECT_EQ(octets("PS384", "rsa2048"), 256U);
  EXPECT_EQ(octets("EdDSA", "ed25519"), 64U);
}

}  // namespace certbound::jose
