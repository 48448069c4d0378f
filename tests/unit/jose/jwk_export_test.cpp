#include <openssl/rsa.h>

#include "crypto/key.hpp"
#include "vectors.hpp"

namespace certbound::jose {

namespace {

std::string exported(const std::string& name) {
  const auto key = test::load_private_key(name);
  const auto jwk = to_jwk(*key);
  return jwk ? jwk->dump() : jwk.error().detail;
}

}  // namespace

// RFC 7638 section 3.2: these members in this order; RFC 7517 section 9.3: of a private key the public half only.
TEST(ToJwk, GivesTheRequiredMembersOfAPrivateKeyAndNoMore) {
  for (const auto* name : {"p256", "p384", "rsa2048", "ed25519"}) {
    EXPECT_EQ(exported(name), test::load_jwk(name).dump()) << name;
  }
  const auto rsa = to_jwk(*test::load_private_key("rsa2048"));
  ASSERT_TRUE(rsa);
  EXPECT_EQ(rsa->dump().find("{\"e\":\"AQAB\",\"kty\":\"RSA\",\"n\":\""), 0U);
}

// RFC 7518 section 6.2.1.2: the length does not follow the number.
TEST(ToJwk, KeepsTheLeadingZerosOfACoordinate) {
  const auto jwk = to_jwk(*test::load_private_key("p256_x_leading_zero"));
  ASSERT_TRUE(jwk);
  const auto x = jwk->at("x").get<std::string>();
  EXPECT_EQ(x.size(), 43U);
  EXPECT_EQ(x.substr(0, 1), "A");
  EXPECT_EQ(x, test::load_jwk("p256_x_leading_zero").at("x"));
}

// RFC 7518 section 6.3.1.1: no zero octet before a modulus whose top bit is set.
TEST(ToJwk, WritesAModulusOf256OctetsIn342Characters) {
  const auto jwk = to_jwk(*test::load_private_key("rsa2048"));
  ASSERT_TRUE(jwk);
  EXPECT_EQ(jwk->at("n").get<std::string>().size(), 342U);
}

TEST(ToJwk, RefusesAKeyWithoutJwkForm) {
  for (const auto& [type, curve] : {std::pair{"ED448", ""}, std::pair{"X25519", ""}, std::pair{"EC", "secp256k1"}}) {
    const crypto::KeyHandle key{*curve == '\0' ? EVP_PKEY_Q_keygen(nullptr, nullptr, type)
                                               : EVP_PKEY_Q_keygen(nullptr, nullptr, type, curve)};
    ASSERT_TRUE(key) << type;
    const auto jwk = to_jwk(*key);
    ASSERT_FALSE(jwk) << type;
    EXPECT_EQ(jwk.error().code, ErrorCode::server_error);
    EXPECT_FALSE(key_thumbprint(*key)) << type;
  }
}

// RFC 7638 section 3.2: what parse_jwk() takes from the members is what the key has, whatever stands beside them.
TEST(KeyThumbprint, IsThatOfTheParsedMembers) {
  for (const auto* name :
       {"p256", "p384", "p521", "p256_x_leading_zero", "p256_y_leading_zero", "rsa2048", "ed25519"}) {
    auto jwk = test::load_jwk(name);
    for (const auto* member : {"crv", "x", "y", "n", "e"}) {
      const bool is_needed = jwk.contains(member) || (jwk.at("kty") != "RSA" && *member != 'n' && *member != 'e');
      if (!is_needed) jwk[member] = "AQAB";
    }
    jwk["a"] = 1;
    const auto keys = test::make_keys(jwk);
    const auto of_key = key_thumbprint(*keys.front().key);
    ASSERT_TRUE(of_key) << name;
    EXPECT_EQ(keys.front().thumbprint.to_base64url(), of_key->to_base64url()) << name;
  }
}

// RFC 7638 section 3.1, RFC 8037 appendix A.3, and keys of other RFCs.
TEST(KeyThumbprint, GivesThePublishedValues) {
  const auto thumbprint = [](const nlohmann::json& jwk) {
    const auto keys = test::make_keys(jwk);
    const auto found = key_thumbprint(*keys.front().key);
    EXPECT_TRUE(found && *found == keys.front().thumbprint);
    return keys.front().thumbprint.to_base64url();
  };
  for (const auto* name : {"rfc7638", "rfc8037", "rfc8705_a", "rfc9449"}) {
    const auto vectors = test::load_vectors(name);
    EXPECT_EQ(thumbprint(vectors.at("jwk")), vectors.at("thumbprint")) << name;
  }
  const auto a3 = test::load_vectors("rfc7515").at("a3_es256");
  EXPECT_EQ(thumbprint(a3.at("jwk")), a3.at("thumbprint"));
}

// RFC 7638 section 3.2: optional members do not count.
TEST(KeyThumbprint, IgnoresOtherMembers) {
  auto jwk = test::load_jwk("p256");
  const auto plain = test::make_keys(jwk).front().thumbprint;
  jwk.update({{"kid", "a"}, {"alg", "ES256"}, {"use", "sig"}, {"extra", 1}});
  EXPECT_EQ(test::make_keys(jwk).front().thumbprint, plain);
  EXPECT_NE(test::make_keys(test::load_jwk("p384")).front().thumbprint, plain);
}

// RFC 7518 section 6.3: an RSA key is one key whether its certificate says rsaEncryption or id-RSASSA-PSS.
TEST(KeyThumbprint, IsThatOfAnRsaKeyForRsaPss) {
  const crypto::KeyContextHandle context{EVP_PKEY_CTX_new_from_name(nullptr, "RSA-PSS", nullptr)};
  EVP_PKEY* made = nullptr;
  ASSERT_EQ(EVP_PKEY_keygen_init(context.get()), 1);
  ASSERT_EQ(EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), 2048), 1);
  ASSERT_EQ(EVP_PKEY_generate(context.get(), &made), 1);
  const crypto::KeyHandle key{made};

  const auto jwk = to_jwk(*key);
  ASSERT_TRUE(jwk);
  EXPECT_EQ(jwk->at("kty"), "RSA");
  const auto thumbprint = key_thumbprint(*key);
  ASSERT_TRUE(thumbprint);
  EXPECT_EQ(*thumbprint, test::make_keys(*jwk).front().thumbprint);
}

}  // namespace certbound::jose
