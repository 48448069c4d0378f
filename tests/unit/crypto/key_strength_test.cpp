#include <gtest/gtest.h>
#include <openssl/rsa.h>

#include "crypto/key.hpp"
#include "key_pems.hpp"

namespace certbound::crypto {

namespace {

KeyHandle make_rsa(int bits) {
  const KeyContextHandle context{EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr)};
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_keygen_init(context.get()) != 1 || EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), bits) != 1 ||
      EVP_PKEY_generate(context.get(), &key) != 1) {
    throw std::runtime_error{take_openssl_errors()};
  }
  return KeyHandle{key};
}

KeyHandle make_on_curve(const char* curve) {
  KeyHandle key{EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve)};
  if (!key) throw std::runtime_error{take_openssl_errors()};
  return key;
}

KeyHandle make_of_type(const char* type) {
  KeyHandle key{EVP_PKEY_Q_keygen(nullptr, nullptr, type)};
  if (!key) throw std::runtime_error{take_openssl_errors()};
  return key;
}

/// Reason::none where the key is accepted.
Reason refusal_of(const EVP_PKEY& key) {
  const auto checked = check_key_strength(key);
  if (checked) return Reason::none;
  EXPECT_EQ(checked.error().code, ErrorCode::invalid_client);
  EXPECT_FALSE(checked.error().detail.empty());
  return checked.error().reason;
}

}  // namespace

// NIST SP 800-57 part 1, table 2: 112 bits of security.
TEST(CheckKeyStrength, AcceptsTheKeysOfTheList) {
  EXPECT_EQ(refusal_of(*make_rsa(2048)), Reason::none);
  EXPECT_EQ(refusal_of(*make_rsa(3072)), Reason::none);
  for (const auto* curve : {"P-256", "P-384", "P-521"})
    EXPECT_EQ(refusal_of(*make_on_curve(curve)), Reason::none) << curve;
  EXPECT_EQ(refusal_of(*make_of_type("ED25519")), Reason::none);
  EXPECT_EQ(refusal_of(*make_of_type("ED448")), Reason::none);
}

TEST(CheckKeyStrength, RefusesShortRsa) {
  EXPECT_EQ(refusal_of(*make_rsa(1024)), Reason::weak_key);
  EXPECT_EQ(refusal_of(*make_rsa(2040)), Reason::weak_key);
  EXPECT_EQ(check_key_strength(*make_rsa(1024)).error().detail, "an RSA key of 1024 bits; at least 2048");
}

// Curves without an algorithm of JOSE or TLS 1.3; below 112 bits they are weak besides.
TEST(CheckKeyStrength, RefusesOtherCurves) {
  EXPECT_EQ(refusal_of(*make_on_curve("secp256k1")), Reason::certificate_unusable);
  EXPECT_EQ(refusal_of(*make_on_curve("secp224r1")), Reason::certificate_unusable);
  EXPECT_EQ(refusal_of(*make_on_curve("brainpoolP256r1")), Reason::certificate_unusable);
  EXPECT_EQ(refusal_of(*make_on_curve("prime192v1")), Reason::weak_key);
  EXPECT_EQ(check_key_strength(*make_on_curve("secp256k1")).error().detail,
            "an EC key on secp256k1; P-256, P-384 or P-521 are accepted");
}

// RFC 5480 section 2.1.1: the curve is named.
TEST(CheckKeyStrength, RefusesAKnownCurveInExplicitParameters) {
  const auto key = parse_private_key_pem(test::kExplicitP256Pem);
  ASSERT_TRUE(key);
  EXPECT_EQ(refusal_of(**key), Reason::certificate_unusable);
  EXPECT_EQ(describe_key(**key), "EC with explicit parameters");
}

TEST(CheckKeyStrength, RefusesOtherTypes) {
  const auto dsa = parse_private_key_pem(test::kDsa2048Pem);
  ASSERT_TRUE(dsa);
  EXPECT_EQ(refusal_of(**dsa), Reason::certificate_unusable);
  EXPECT_EQ(refusal_of(*make_of_type("X25519")), Reason::certificate_unusable);
  EXPECT_EQ(check_key_strength(**dsa).error().detail, "a key of type DSA");
}

TEST(DescribeKey, IsForPeople) {
  EXPECT_EQ(describe_key(*make_on_curve("P-384")), "EC P-384");
  EXPECT_EQ(describe_key(*make_on_curve("P-521")), "EC P-521");
  EXPECT_EQ(describe_key(*make_on_curve("secp256k1")), "EC secp256k1");
  EXPECT_EQ(describe_key(*make_of_type("ED448")), "Ed448");
  EXPECT_EQ(describe_key(*make_of_type("X25519")), "X25519");
}

}  // namespace certbound::crypto
