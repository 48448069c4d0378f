#pragma once

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "config/config.hpp"
#include "crypto/key.hpp"
#include "crypto/library_context.hpp"
#include "support/pki.hpp"
#include "unit/store/temporary_folder.hpp"

namespace certbound::app {

/// One for each of `count` workers.
inline std::vector<crypto::LibraryContext> make_libraries(std::size_t count) {
  std::vector<crypto::LibraryContext> libraries;
  for (std::size_t i = 0; i < count; ++i) {
    auto library = crypto::make_library_context();
    if (!library) throw std::runtime_error{library.error().detail};
    libraries.push_back(*std::move(library));
  }
  return libraries;
}

/// A folder with a server certificate, two authorities and a configuration that names them.
class Files {
 public:
  Files() {
    write("server.crt", server.certificate.to_pem());
    write("server.key", key_pem(server));
    write("partner.crt", partner.certificate.to_pem());
    write("issuing.crt", issuing.certificate.to_pem());
  }

  [[nodiscard]] std::filesystem::path path(const std::string& name) const { return folder_.path() / name; }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream{path(name)} << text;
    std::filesystem::permissions(path(name), std::filesystem::perms{0600});
  }

  /// What a configuration of these files is, each key at a place of its own.
  [[nodiscard]] config::Config config() const {
    config::Config config;
    config.issuer = "https://as.example:8443";
    config.listeners.resize(1);
    config.listeners.front().address = "127.0.0.1:0";
    config.operations.address = "127.0.0.1:0";
    config.tls.certificate = path("server.crt");
    config.tls.private_key = path("server.key");
    config.workers = 2;
    x509::TrustStoreOptions store;
    store.name = "partner";
    store.anchors = {path("partner.crt")};
    store.intermediates = {path("issuing.crt")};
    config.trust_stores = {store};
    config.places = {{"tls.certificate", {"certbound.yaml", 10, 3}},
                     {"tls.private_key", {"certbound.yaml", 11, 3}},
                     {"trust_stores.partner", {"certbound.yaml", 20, 3}},
                     {"trust_stores.partner.anchors[0]", {"certbound.yaml", 21, 15}},
                     {"trust_stores.partner.anchors[1]", {"certbound.yaml", 22, 15}},
                     {"trust_stores.partner.intermediates[0]", {"certbound.yaml", 23, 15}},
                     {"trust_stores.partner.revocation.crls", {"certbound.yaml", 24, 15}},
                     {"trust_stores.partner.revocation.crls[0]", {"certbound.yaml", 25, 15}},
                     {"trust_stores.partner.revocation.crls[1]", {"certbound.yaml", 26, 15}}};
    return config;
  }

  static test::Identity make_server(WallTime not_after) {
    test::Shape shape;
    shape.role = x509::CertificateRole::server;
    shape.subject = {{"CN", "localhost"}};
    shape.not_after = not_after;
    return test::make_identity(shape);
  }
  static std::string key_pem(const test::Identity& identity) {
    const auto pem = crypto::to_private_key_pem(*identity.key);
    if (!pem) throw std::runtime_error{pem.error().detail};
    return {pem->expose().begin(), pem->expose().end()};
  }

  test::Identity server = make_server(test::kNow + std::chrono::hours{24 * 365});
  test::Identity partner = test::make_root("Partner Root");
  test::Identity issuing = test::make_intermediate("Partner Issuing", partner);

 private:
  store::TemporaryFolder folder_;
};

}  // namespace certbound::app
