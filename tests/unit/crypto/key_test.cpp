#include "crypto/key.hpp"

#include <gtest/gtest.h>
#include <openssl/err.h>

#include "key_pems.hpp"

namespace certbound::crypto {

namespace {

std::string_view as_text(const Secret& secret) {
  return {reinterpret_cast<const char*>(secret.expose().data()), secret.expose().size()};
}

std::string pem_refusal(std::string_view pem) {
  const auto key = parse_private_key_pem(pem);
  EXPECT_EQ(ERR_peek_error(), 0U) << "OpenSSL's queue is not empty";
  if (key) return {};
  EXPECT_EQ(key.error().code, ErrorCode::invalid_request);
  return key.error().detail;
}

}  // namespace

TEST(MakeKey, MakesTheKindThatIsAskedFor) {
  EXPECT_EQ(describe_key(**make_key(KeyType::ec_p256)), "EC P-256");
  EXPECT_EQ(describe_key(**make_key(KeyType::rsa_2048)), "RSA 2048");
  EXPECT_EQ(describe_key(**make_key(KeyType::ed25519)), "Ed25519");
}

TEST(MakeKey, MakesAnotherKeyEachTime) {
  const auto first = make_key(KeyType::ec_p256);
  const auto second = make_key(KeyType::ec_p256);
  ASSERT_TRUE(first && second);
  EXPECT_NE(EVP_PKEY_eq(first->get(), second->get()), 1);
}

TEST(Pkcs8, GoesThereAndBack) {
  for (const KeyType type : {KeyType::ec_p256, KeyType::rsa_2048, KeyType::ed25519}) {
    const auto key = make_key(type);
    ASSERT_TRUE(key);
    const auto der = to_pkcs8(**key);
    ASSERT_TRUE(der);
    const auto back = parse_pkcs8(der->expose());
    ASSERT_TRUE(back);
    EXPECT_EQ(EVP_PKEY_eq(key->get(), back->get()), 1) << describe_key(**key);
    const auto again = to_pkcs8(**back);
    ASSERT_TRUE(again);
    EXPECT_EQ(as_text(*again), as_text(*der)) << "the private half is the same too";
  }
}

// What the store holds is ours: anything else there is our fault, and no part of it is a key.
TEST(Pkcs8, RefusesEveryTruncationAndAnyTail) {
  const auto der = to_pkcs8(**make_key(KeyType::ec_p256));
  ASSERT_TRUE(der);
  for (std::size_t length = 0; length < der->expose().size(); ++length) {
    const auto key = parse_pkcs8(der->expose().first(length));
    ASSERT_FALSE(key) << length;
    EXPECT_EQ(key.error().code, ErrorCode::server_error);
  }
  Bytes longer{der->expose().begin(), der->expose().end()};
  longer.push_back(0);
  EXPECT_FALSE(parse_pkcs8(longer));
  EXPECT_FALSE(parse_pkcs8(Bytes(100, 0x30)));
  EXPECT_FALSE(parse_pkcs8(ByteView{}));
  EXPECT_EQ(ERR_peek_error(), 0U);
}

TEST(PrivateKeyPem, GoesThereAndBack) {
  for (const KeyType type : {KeyType::ec_p256, KeyType::rsa_2048, KeyType::ed25519}) {
    const auto key = make_key(type);
    ASSERT_TRUE(key);
    const auto pem = to_private_key_pem(**key);
    ASSERT_TRUE(pem);
    EXPECT_EQ(as_text(*pem).find("-----BEGIN PRIVATE KEY-----\n"), 0U);
    const auto back = parse_private_key_pem(as_text(*pem));
    ASSERT_TRUE(back);
    EXPECT_EQ(EVP_PKEY_eq(key->get(), back->get()), 1);
  }
}

TEST(ParsePrivateKeyPem, ReadsWhatOpensslWrites) {
  for (const auto pem : {test::kP256Pem, test::kP256WithParametersPem}) {
    const auto key = parse_private_key_pem(pem);
    ASSERT_TRUE(key) << key.error().detail;
    EXPECT_EQ(describe_key(**key), "EC P-256");
  }
}

// Operators put key and certificates into one file.
TEST(ParsePrivateKeyPem, FindsTheKeyAmongCertificates) {
  EXPECT_EQ(pem_refusal(std::string{test::kCertificatePem} + std::string{test::kP256Pem}), "");
  EXPECT_EQ(pem_refusal(std::string{test::kP256Pem} + std::string{test::kCertificatePem}), "");
}

// A daemon has nobody to ask for a passphrase.
TEST(ParsePrivateKeyPem, NamesAnEncryptedKeyAsSuch) {
  for (const auto pem : {test::kEncryptedPem, test::kEncryptedTraditionalPem}) {
    EXPECT_EQ(pem_refusal(pem).find("the private key is encrypted; decrypt it"), 0U) << pem_refusal(pem);
  }
}

TEST(ParsePrivateKeyPem, RefusesWhatIsNoPrivateKey) {
  for (const auto pem :
       {test::kPublicPem, test::kCertificatePem, std::string_view{"no PEM"}, std::string_view{}, std::string_view{""},
        std::string_view{"-----BEGIN PRIVATE KEY-----\n"}, test::kP256Pem.substr(0, test::kP256Pem.size() / 2),
        std::string_view{"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"}}) {
    EXPECT_EQ(pem_refusal(pem).find("no private key in PEM form"), 0U) << pem << pem_refusal(pem);
  }
}

}  // namespace certbound::crypto
