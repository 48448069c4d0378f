#include "cli/starter.hpp"

#include <chrono>
#include <string>
#include <system_error>

#include "base/file.hpp"
#include "crypto/key.hpp"
#include "crypto/random.hpp"
#include "x509/issue_certificate.hpp"

namespace certbound::cli {

namespace {

constexpr std::chrono::days kDevelopmentLifetime{365};

struct KeyPair {
  crypto::KeyHandle key;
  x509::Certificate certificate;
};

std::string configuration_text(const StarterOptions& options) {
  const std::string port = std::to_string(options.port);
  return "# certbound: a development setup. Every option with its default is in certbound.example.yaml.\n"
         "# Relative paths are relative to this file.\n"
         "issuer: https://localhost:" +
         port +
         "\n"
         "\n"
         "listeners:\n"
         "  - address: 127.0.0.1:" +
         port +
         "\n"
         "    client_certificate: request   # asked for; who is trusted is decided per client\n"
         "\n"
         "operations:\n"
         "  address: 127.0.0.1:" +
         std::to_string(options.operations_port) +
         "       # /metrics /healthz /readyz, plain HTTP\n"
         "\n"
         "tls:\n"
         "  certificate: tls/server.crt     # PEM, leaf first\n"
         "  private_key: tls/server.key\n"
         "\n"
         "state_dir: state                  # registry, signing keys, audit log; made on the first start\n"
         "\n"
         "signing:\n"
         "  algorithm: ES256                # ES256 | PS256 | EdDSA | RS256\n"
         "  key_encryption_key: keys/at-rest.key   # encrypts the signing keys in state_dir; keep a copy elsewhere\n"
         "\n"
         "tokens:\n"
         "  lifetime: 5m\n"
         "\n"
         "resources:                        # the protected APIs: the `aud` of tokens\n"
         "  - identifier: https://api.example.com\n"
         "    scopes: [orders.read, orders.write]\n"
         "\n"
         "trust_stores:                     # one per partner; never the system's CAs\n"
         "  development:\n"
         "    anchors: [ca/dev-ca.crt]\n"
         "\n"
         "clients:\n"
         "  - client_id: client-1\n"
         "    client_name: The first client\n"
         "    token_endpoint_auth_method: tls_client_auth\n"
         "    tls_client_auth_subject_dn: \"CN=client-1,O=certbound development\"\n"
         "    trust_store: development\n"
         "    scope: orders.read orders.write\n"
         "    resources: [https://api.example.com]\n"
         "\n"
         "# More clients, one file each:\n"
         "# include: [clients.d/*.yaml]\n";
}

Result<void> check_empty(const std::filesystem::path& directory) {
  std::error_code error;
  if (!std::filesystem::exists(directory, error)) return {};
  if (!std::filesystem::is_directory(directory, error)) return invalid_input(directory.string() + ": not a directory");
  if (!std::filesystem::is_empty(directory, error) || error) {
    return invalid_input(directory.string() + ": not empty; nothing is overwritten. Name a new directory");
  }
  return {};
}

Result<void> make_directories(const std::filesystem::path& directory) {
  for (const char* part : {"", "ca", "keys", "tls", "clients"}) {
    std::error_code error;
    std::filesystem::create_directories(directory / part, error);
    if (error) return invalid_input((directory / part).string() + ": " + error.message());
  }
  return {};
}

Result<KeyPair> make_pair(x509::CertificateRequest request, const x509::Signer& signer, WallTime now) {
  auto key = crypto::make_key(crypto::KeyType::ec_p256);
  if (!key) return std::move(key).error();
  request.not_before = now - std::chrono::minutes{5};
  request.not_after = now + kDevelopmentLifetime;
  auto certificate = x509::issue_certificate(request, **key, signer);
  if (!certificate) return std::move(certificate).error();
  return KeyPair{*std::move(key), *std::move(certificate)};
}

Result<void> write_pair(const std::filesystem::path& stem, const KeyPair& pair) {
  const auto pem = crypto::to_private_key_pem(*pair.key);
  if (!pem) return pem.error();
  const ByteView octets = pem->expose();
  const std::string_view text{reinterpret_cast<const char*>(octets.data()), octets.size()};
  if (auto written = create_file(stem.string() + ".key", text, 0600); !written) return written;
  return create_file(stem.string() + ".crt", pair.certificate.to_pem(), 0644);
}

/// 256 random bits, as openssl rand -hex 32 writes them.
Result<void> write_key_encryption_key(const std::filesystem::path& path) {
  Bytes octets(32);
  if (auto filled = crypto::fill_random(octets); !filled) return filled;
  return create_file(path, hex_encode(octets) + "\n", 0600);
}

x509::CertificateRequest request_for(x509::CertificateRole role, const std::string& common_name) {
  x509::CertificateRequest request;
  request.role = role;
  request.subject = {{"O", "certbound development"}, {"CN", common_name}};
  return request;
}

}  // namespace

Result<void> write_starter(const StarterOptions& options, WallTime now) {
  const std::filesystem::path& directory = options.directory;
  if (auto empty = check_empty(directory); !empty) return empty;
  if (auto made = make_directories(directory); !made) return made;

  const auto authority = make_pair(request_for(x509::CertificateRole::authority, "Development CA"), {}, now);
  if (!authority) return authority.error();
  const x509::Signer signer{&authority->certificate, authority->key.get()};
  x509::CertificateRequest server_request = request_for(x509::CertificateRole::server, "localhost");
  server_request.dns_names = {"localhost"};
  server_request.ip_addresses = {"127.0.0.1", "::1"};
  const auto server = make_pair(std::move(server_request), signer, now);
  if (!server) return server.error();
  const auto client = make_pair(request_for(x509::CertificateRole::client, "client-1"), signer, now);
  if (!client) return client.error();

  if (auto written = write_key_encryption_key(directory / "keys" / "at-rest.key"); !written) return written;
  if (auto written = write_pair(directory / "ca" / "dev-ca", *authority); !written) return written;
  if (auto written = write_pair(directory / "tls" / "server", *server); !written) return written;
  if (auto written = write_pair(directory / "clients" / "client-1", *client); !written) return written;
  return create_file(directory / "certbound.yaml", configuration_text(options), 0644);
}

}  // namespace certbound::cli
