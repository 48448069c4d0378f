#include "x509/issue_certificate.hpp"

#include <gtest/gtest.h>
#include <openssl/x509v3.h>

#include "support/pki.hpp"
#include "x509/presented.hpp"
#include "x509/trust_store.hpp"

namespace certbound::x509 {

namespace {

using certbound::test::KeyKind;
using certbound::test::kNow;
using certbound::test::make_key;

CertificateRequest request_for(CertificateRole role, const std::string& common_name) {
  CertificateRequest request;
  request.role = role;
  request.subject = {{"C", "GB"}, {"O", "Example"}, {"CN", common_name}};
  request.not_before = kNow;
  request.not_after = kNow + std::chrono::hours{24};
  return request;
}

std::shared_ptr<const TrustStore> strict_store(const Certificate& root) {
  auto made = TrustStore::make("store", {root}, {}, true);
  EXPECT_TRUE(made);
  return *made;
}

bool has_critical(const Certificate& certificate, int nid) {
  const int at = X509_get_ext_by_NID(&certificate.handle(), nid, -1);
  return at >= 0 && X509_EXTENSION_get_critical(X509_get_ext(&certificate.handle(), at)) == 1;
}

}  // namespace

// RFC 5280 section 4.2.1: what X509_V_FLAG_X509_STRICT asks for, with every kind of key.
TEST(IssueCertificate, MakesChainsThatPassStrictVerification) {
  for (const KeyKind kind : {KeyKind::ec_p256, KeyKind::ed25519, KeyKind::rsa_2048}) {
    const auto root_key = make_key(kind);
    const auto root = issue_certificate(request_for(CertificateRole::authority, "Root"), *root_key, {});
    ASSERT_TRUE(root);
    const auto key = make_key(kind);
    const auto client =
        issue_certificate(request_for(CertificateRole::client, "client-1"), *key, {&*root, root_key.get()});
    ASSERT_TRUE(client);
    const auto path = strict_store(*root)->verify(*client, {}, {.now = kNow});

    ASSERT_TRUE(path) << path.error().detail;
    EXPECT_TRUE(check_presented_key(*client));
  }
}

TEST(IssueCertificate, SetsSubjectAndValidity) {
  const auto key = make_key(KeyKind::ec_p256);
  const auto made = issue_certificate(request_for(CertificateRole::authority, "Root"), *key, {});

  ASSERT_TRUE(made);
  const PresentedChain chain{*made, {}};
  EXPECT_EQ(chain.subject, "CN=Root,O=Example,C=GB");
  EXPECT_EQ(chain.issuer, chain.subject);
  EXPECT_EQ(made->not_before(), kNow);
  EXPECT_EQ(made->not_after(), kNow + std::chrono::hours{24});
}

TEST(IssueCertificate, MarksACaAsOne) {
  const auto key = make_key(KeyKind::ec_p256);
  const auto made = issue_certificate(request_for(CertificateRole::authority, "Root"), *key, {});

  ASSERT_TRUE(made);
  EXPECT_EQ(X509_check_ca(&made->handle()), 1);
  EXPECT_TRUE(has_critical(*made, NID_basic_constraints));
  EXPECT_TRUE(has_critical(*made, NID_key_usage));
}

// RFC 5280 section 4.2.1.12: a server's certificate is no client's, and the other way round.
TEST(IssueCertificate, LimitsThePurposeToTheRole) {
  const auto key = make_key(KeyKind::ec_p256);
  const auto root = issue_certificate(request_for(CertificateRole::authority, "Root"), *key, {});
  ASSERT_TRUE(root);
  const auto server = issue_certificate(request_for(CertificateRole::server, "a"), *key, {&*root, key.get()});
  const auto client = issue_certificate(request_for(CertificateRole::client, "b"), *key, {&*root, key.get()});
  ASSERT_TRUE(server);
  ASSERT_TRUE(client);

  EXPECT_EQ(X509_check_purpose(&server->handle(), X509_PURPOSE_SSL_SERVER, 0), 1);
  EXPECT_EQ(X509_check_purpose(&server->handle(), X509_PURPOSE_SSL_CLIENT, 0), 0);
  EXPECT_EQ(X509_check_purpose(&client->handle(), X509_PURPOSE_SSL_CLIENT, 0), 1);
  EXPECT_EQ(X509_check_purpose(&client->handle(), X509_PURPOSE_SSL_SERVER, 0), 0);
  EXPECT_EQ(X509_check_ca(&server->handle()), 0);
}

TEST(IssueCertificate, CarriesTheAlternativeNames) {
  auto request = request_for(CertificateRole::server, "localhost");
  request.dns_names = {"localhost", "as.example"};
  request.ip_addresses = {"127.0.0.1", "::1"};
  const auto key = make_key(KeyKind::ec_p256);
  const auto made = issue_certificate(request, *key, {});

  ASSERT_TRUE(made);
  EXPECT_EQ(X509_check_host(&made->handle(), "localhost", 0, 0, nullptr), 1);
  EXPECT_EQ(X509_check_host(&made->handle(), "as.example", 0, 0, nullptr), 1);
  EXPECT_EQ(X509_check_host(&made->handle(), "other.example", 0, 0, nullptr), 0);
  EXPECT_EQ(X509_check_ip_asc(&made->handle(), "127.0.0.1", 0), 1);
  EXPECT_EQ(X509_check_ip_asc(&made->handle(), "::1", 0), 1);
  EXPECT_EQ(X509_check_ip_asc(&made->handle(), "127.0.0.2", 0), 0);
}

// A name with OpenSSL's own separators is a name, not two.
TEST(IssueCertificate, DoesNotSplitAName) {
  auto request = request_for(CertificateRole::server, "localhost");
  request.dns_names = {"a.example,DNS:b.example"};
  const auto key = make_key(KeyKind::ec_p256);
  const auto made = issue_certificate(request, *key, {});

  ASSERT_TRUE(made);
  EXPECT_EQ(X509_check_host(&made->handle(), "b.example", 0, 0, nullptr), 0);
}

TEST(IssueCertificate, NeverRepeatsASerial) {
  const auto key = make_key(KeyKind::ec_p256);
  const auto first = issue_certificate(request_for(CertificateRole::client, "a"), *key, {});
  const auto second = issue_certificate(request_for(CertificateRole::client, "a"), *key, {});

  ASSERT_TRUE(first);
  ASSERT_TRUE(second);
  EXPECT_NE(first->serial_hex(), second->serial_hex());
  EXPECT_EQ(first->serial_hex().size(), 32U);  // RFC 5280 section 4.1.2.2: at most 20 octets, positive
  EXPECT_NE(first->serial_hex().front(), '-');
}

TEST(IssueCertificate, RefusesWhatCannotStandInACertificate) {
  const auto key = make_key(KeyKind::ec_p256);
  auto wrong_address = request_for(CertificateRole::server, "a");
  wrong_address.ip_addresses = {"127.0.0.256"};
  auto wrong_type = request_for(CertificateRole::server, "a");
  wrong_type.subject = {{"nonsense", "a"}};
  auto wrong_country = request_for(CertificateRole::server, "a");
  wrong_country.subject = {{"C", "GBR"}};

  for (const auto& request : {wrong_address, wrong_type, wrong_country}) {
    const auto made = issue_certificate(request, *key, {});

    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, ErrorCode::server_error);
  }
}

}  // namespace certbound::x509
