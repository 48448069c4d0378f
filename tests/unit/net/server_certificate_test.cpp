#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <openssl/pem.h>

#include "crypto/key.hpp"
#include "net/tls_context.hpp"
#include "unit/net/tls_peers.hpp"
#include "unit/store/temporary_folder.hpp"

namespace certbound::net {

namespace {

using certbound::test::Identity;

std::string key_pem(const Identity& identity) {
  const auto pem = crypto::to_private_key_pem(*identity.key);
  if (!pem) throw std::runtime_error{pem.error().detail};
  return {pem->expose().begin(), pem->expose().end()};
}

std::string encrypted_key_pem(const Identity& identity) {
  const crypto::BioHandle bio{BIO_new(BIO_s_mem())};
  std::string password = "secret";
  if (PEM_write_bio_PKCS8PrivateKey(bio.get(), identity.key.get(), EVP_aes_128_cbc(), password.data(),
                                    static_cast<int>(password.size()), nullptr, nullptr) != 1) {
    throw std::runtime_error{crypto::take_openssl_errors()};
  }
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

}  // namespace

class ServerCertificateTest : public testing::Test {
 protected:
  ServerCertificateTest() {
    options_.certificate = folder_.path() / "server.crt";
    options_.private_key = folder_.path() / "server.key";
    write(options_.certificate, identity_.certificate.to_pem());
    write(options_.private_key, key_pem(identity_));
  }

  static void write(const std::filesystem::path& path, const std::string& text) {
    std::ofstream{path} << text;
    std::filesystem::permissions(path, std::filesystem::perms{0600});
  }
  void expect_refused(const std::filesystem::path& file, const std::string& what) {
    const auto server = load_server_certificate(options_);
    ASSERT_FALSE(server);
    EXPECT_EQ(server.error().code, ErrorCode::invalid_request);
    EXPECT_TRUE(server.error().detail.starts_with(file.string() + ": ")) << server.error().detail;
    EXPECT_NE(server.error().detail.find(what), std::string::npos) << server.error().detail;
  }

  store::TemporaryFolder folder_;
  TlsOptions options_;
  Identity identity_ = make_server_identity();
};

TEST_F(ServerCertificateTest, LoadsTheChainAndTheKey) {
  const Identity other = make_server_identity("other");
  write(options_.certificate, identity_.certificate.to_pem() + other.certificate.to_pem());
  const auto server = load_server_certificate(options_);
  ASSERT_TRUE(server) << server.error().detail;
  ASSERT_EQ(server->chain.size(), 2U);
  EXPECT_EQ(x509::x5t_s256(server->chain[0]), x509::x5t_s256(identity_.certificate));
  EXPECT_EQ(EVP_PKEY_eq(server->key.get(), identity_.key.get()), 1);
}

TEST_F(ServerCertificateTest, AcceptsAKeyThatItsGroupMayRead) {
  std::filesystem::permissions(options_.private_key, std::filesystem::perms{0640});
  EXPECT_TRUE(load_server_certificate(options_));
}

TEST_F(ServerCertificateTest, RefusesAKeyThatOthersMayReadOrChange) {
  for (const unsigned mode : {0644U, 0604U, 0602U, 0660U, 0620U}) {
    std::filesystem::permissions(options_.private_key, std::filesystem::perms{mode});
    expect_refused(options_.private_key, "others may read or change this private key");
  }
}

TEST_F(ServerCertificateTest, RefusesTheKeyOfAnotherCertificate) {
  write(options_.private_key, key_pem(make_server_identity("other")));
  expect_refused(options_.private_key, "not the key of the first certificate");
}

TEST_F(ServerCertificateTest, RefusesAChainThatDoesNotBeginWithTheLeaf) {
  write(options_.certificate, make_server_identity("other").certificate.to_pem() + identity_.certificate.to_pem());
  expect_refused(options_.private_key, "the leaf must come first");
}

TEST_F(ServerCertificateTest, RefusesAnEncryptedKey) {
  write(options_.private_key, encrypted_key_pem(identity_));
  expect_refused(options_.private_key, "encrypted");
}

TEST_F(ServerCertificateTest, RefusesAWeakKey) {
  certbound::test::Shape shape;
  shape.role = x509::CertificateRole::server;
  shape.subject = {{"CN", "localhost"}};
  shape.key = certbound::test::make_key(certbound::test::KeyKind::rsa_1024);
  const Identity weak = certbound::test::make_identity(shape);
  write(options_.certificate, weak.certificate.to_pem());
  write(options_.private_key, key_pem(weak));
  expect_refused(options_.private_key, "1024");
}

TEST_F(ServerCertificateTest, RefusesFilesThatAreMissingOrHoldSomethingElse) {
  write(options_.private_key, "no key");
  expect_refused(options_.private_key, "");
  std::filesystem::remove(options_.private_key);
  expect_refused(options_.private_key, "No such file");
  write(options_.certificate, "no certificate");
  expect_refused(options_.certificate, "certificate");
  std::filesystem::remove(options_.certificate);
  expect_refused(options_.certificate, "No such file");
}

}  // namespace certbound::net
