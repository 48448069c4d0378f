#include "x509/presented.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>

#include "support/pki.hpp"

namespace certbound::x509 {

namespace {

using certbound::test::KeyKind;
using testing::HasSubstr;

Certificate client_with_key(std::shared_ptr<EVP_PKEY> key) {
  certbound::test::Shape shape;
  shape.subject = {{"CN", "client-1"}};
  shape.key = std::move(key);
  static const auto root = certbound::test::make_root("Root");
  return certbound::test::make_identity(shape, &root).certificate;
}

}  // namespace

TEST(PresentedChain, SpeaksOfTheLeafOnly) {
  const auto root = certbound::test::make_root("Root");
  const auto leaf = certbound::test::make_client("client-1", root);
  const auto victim = certbound::test::make_client("victim", root);
  const PresentedChain chain{leaf.certificate, {victim.certificate, root.certificate}};

  EXPECT_EQ(chain.leaf_thumbprint, thumbprint(leaf.certificate));
  EXPECT_EQ(chain.x5t_s256, x5t_s256(leaf.certificate));
  EXPECT_EQ(chain.subject, "CN=client-1");
  EXPECT_EQ(chain.issuer, "CN=Root");
  EXPECT_EQ(chain.serial, leaf.certificate.serial_hex());
  EXPECT_EQ(chain.intermediates.size(), 2U);
}

TEST(CheckPresentedKey, AcceptsTheUsualKeys) {
  for (const KeyKind kind : {KeyKind::ec_p256, KeyKind::ed25519, KeyKind::rsa_2048}) {
    EXPECT_TRUE(check_presented_key(client_with_key(certbound::test::make_key(kind)))) << static_cast<int>(kind);
  }
}

// RFC 8705 section 7.5; NIST SP 800-57: less than 112 bits.
TEST(CheckPresentedKey, RefusesAWeakKey) {
  for (const KeyKind kind : {KeyKind::rsa_1024, KeyKind::ec_p192}) {
    const auto checked = check_presented_key(client_with_key(certbound::test::make_key(kind)));

    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().code, ErrorCode::invalid_client);
    EXPECT_EQ(checked.error().reason, Reason::weak_key);
  }
}

// RFC 5480 section 2.1.1; CVE-2020-0601: a curve that the certificate defines itself.
TEST(CheckPresentedKey, RefusesExplicitCurveParameters) {
  const auto key = certbound::test::make_key(KeyKind::ec_p256);
  ASSERT_EQ(EVP_PKEY_set_utf8_string_param(key.get(), OSSL_PKEY_PARAM_EC_ENCODING, OSSL_PKEY_EC_ENCODING_EXPLICIT), 1);
  const auto checked = check_presented_key(client_with_key(key));

  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().reason, Reason::certificate_unusable);
}

TEST(CheckPresentedKey, RefusesAKeyThatCannotBeDecoded) {
  const auto root = certbound::test::make_root("Root");
  Bytes der = certbound::test::make_client("client-1", root).certificate.to_der();
  // The prefix of an uncompressed point: 0x05 starts none (SEC 1 section 2.3.4).
  const Bytes prefix{0x03, 0x42, 0x00, 0x04};
  const auto at = std::search(der.begin(), der.end(), prefix.begin(), prefix.end());
  ASSERT_NE(at, der.end());
  *(at + 3) = 0x05;
  const auto parsed = Certificate::parse_der(der);
  ASSERT_TRUE(parsed);
  const auto checked = check_presented_key(*parsed);

  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, ErrorCode::invalid_client);
  EXPECT_EQ(checked.error().reason, Reason::certificate_unusable);
  EXPECT_THAT(checked.error().detail, HasSubstr("cannot be decoded"));
}

}  // namespace certbound::x509
