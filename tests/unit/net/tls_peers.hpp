#pragma once

#include <array>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <openssl/ssl.h>

#include "crypto/handle.hpp"
#include "crypto/library_context.hpp"
#include "net/tls_context.hpp"
#include "support/pki.hpp"

namespace certbound::net {

using SslHandle = std::unique_ptr<SSL, crypto::Deleter<SSL_free>>;

inline ServerCertificate server_certificate_of(const test::Identity& identity) {
  ServerCertificate server;
  server.chain = {identity.certificate};
  EVP_PKEY_up_ref(identity.key.get());
  server.key.reset(identity.key.get());
  return server;
}

inline test::Identity make_server_identity(const std::string& common_name = "localhost") {
  test::Shape shape;
  shape.role = x509::CertificateRole::server;
  shape.subject = {{"CN", common_name}};
  return test::make_identity(shape);
}

inline crypto::LibraryContext make_library() {
  auto library = crypto::make_library_context();
  if (!library) throw std::runtime_error{library.error().detail};
  return *std::move(library);
}

inline TlsContext make_server_context(ClientCertificate client_certificate,
                                      const test::Identity& server = make_server_identity(),
                                      const x509::ChainLimits& chain_limits = {},
                                      Tls12Suites suites = Tls12Suites::modern) {
  // OpenSSL's own objects refer to it without holding it, so it lives as long as the program.
  static const crypto::LibraryContext kLibrary = make_library();
  auto context = make_tls_context(server_certificate_of(server), client_certificate, chain_limits, kLibrary, suites);
  if (!context) throw std::runtime_error{context.error().detail};
  return *std::move(context);
}

/// A client that trusts anybody and presents `chain`, leaf first; `key` is the leaf's.
inline TlsContext make_client_context(const std::vector<x509::Certificate>& chain = {}, EVP_PKEY* key = nullptr) {
  TlsContext context{SSL_CTX_new(TLS_client_method()), SSL_CTX_free};
  SSL_CTX_set_security_level(context.get(), 0);  // the tests present weak keys too
  for (std::size_t i = 0; i < chain.size(); ++i) {
    const bool done = i == 0 ? SSL_CTX_use_certificate(context.get(), &chain[i].handle()) == 1
                             : SSL_CTX_add1_chain_cert(context.get(), &chain[i].handle()) == 1;
    if (!done) throw std::runtime_error{crypto::take_openssl_errors()};
  }
  if (key != nullptr && SSL_CTX_use_PrivateKey(context.get(), key) != 1) {
    throw std::runtime_error{crypto::take_openssl_errors()};
  }
  return context;
}

/// Both ends of a connection in memory.
class TlsPeers {
 public:
  TlsPeers(const TlsContext& server_context, const TlsContext& client_context)
      : server{SSL_new(server_context.get())}, client{SSL_new(client_context.get())} {
    BIO* server_end = nullptr;
    BIO* client_end = nullptr;
    if (BIO_new_bio_pair(&server_end, 0, &client_end, 0) != 1) throw std::runtime_error{"BIO_new_bio_pair"};
    SSL_set_bio(server.get(), server_end, server_end);
    SSL_set_bio(client.get(), client_end, client_end);
    SSL_set_accept_state(server.get());
    SSL_set_connect_state(client.get());
  }

  /// Did both ends finish? What they say of a failure is thrown away.
  [[nodiscard]] bool shake_hands() {
    for (int round = 0; round < 50; ++round) {
      const int of_client = SSL_do_handshake(client.get());
      const int of_server = SSL_do_handshake(server.get());
      if (of_client == 1 && of_server == 1) break;
      if (is_over(*client, of_client) || is_over(*server, of_server)) {
        static_cast<void>(crypto::take_openssl_errors());
        return false;
      }
    }
    // What the server sends after its handshake (tickets, requests for a certificate) is read here.
    std::array<char, 16> unread{};
    static_cast<void>(SSL_read(client.get(), unread.data(), static_cast<int>(unread.size())));
    static_cast<void>(crypto::take_openssl_errors());
    return SSL_is_init_finished(server.get()) == 1 && SSL_is_init_finished(client.get()) == 1;
  }

  SslHandle server;
  SslHandle client;

 private:
  static bool is_over(const SSL& ssl, int result) {
    if (result == 1) return false;
    const int error = SSL_get_error(&ssl, result);
    return error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE;
  }
};

}  // namespace certbound::net
