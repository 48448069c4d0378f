#include "net/tls_context.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <sys/stat.h>

#include <openssl/err.h>

#include "base/file.hpp"
#include "crypto/key.hpp"
#include "net/peer.hpp"

namespace certbound::net {

namespace {

// RFC 9325 section 4.2 without CBC and without finite-field Diffie-Hellman.
constexpr const char* kTls12Suites =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* kFapiSuites =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384";
constexpr const char* kTls13Suites = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
// X25519 first: P-256 as the group costs about 200 us more per handshake. In TLS 1.2 a client key on P-521 needs its
// curve here.
constexpr const char* kGroups = "X25519:P-256:P-384:P-521";
// No DSA, no SHA-1, no SHA-224. RSA+SHA256 is PKCS #1 v1.5, which TLS 1.2 clients sign with.
constexpr const char* kSignatureAlgorithms =
    "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:ed448:rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:"
    "rsa_pss_rsae_sha512:rsa_pss_pss_sha256:rsa_pss_pss_sha384:rsa_pss_pss_sha512:RSA+SHA256:RSA+SHA384:RSA+SHA512";

Error tls_error(std::string_view what) {
  return internal_error(std::string{what} + ": " + crypto::take_openssl_errors());
}

/// RFC 7301: `http/1.1`, or `http/1.0`, where the client offers it; a client that offers only other protocols gets an
/// alert instead of bytes that it would misread.
int select_protocol(SSL* /*ssl*/, const unsigned char** selected, unsigned char* selected_length,
                    const unsigned char* offered, unsigned offered_length, void* /*unused*/) {
  static constexpr std::array<unsigned char, 18> kProtocols{8, 'h', 't', 't', 'p', '/', '1', '.', '1',
                                                            8, 'h', 't', 't', 'p', '/', '1', '.', '0'};
  unsigned char* match = nullptr;
  const int verdict =
      SSL_select_next_proto(&match, selected_length, kProtocols.data(), kProtocols.size(), offered, offered_length);
  if (verdict != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
  *selected = match;
  return SSL_TLSEXT_ERR_OK;
}

/// Stands in for X509_verify_cert: proof of possession is the handshake's, trust is decided later.
int accept_usable_certificate(X509_STORE_CTX* context, void* /*unused*/) {
  const Error* refusal = nullptr;
  auto checked = check_presented(*context);
  if (!checked) refusal = &checked.error();
  if (refusal == nullptr) {
    X509_STORE_CTX_set_error(context, X509_V_OK);
    return 1;
  }
  const int error =
      refusal->reason == Reason::weak_key ? X509_V_ERR_EE_KEY_TOO_SMALL : X509_V_ERR_APPLICATION_VERIFICATION;
  X509_STORE_CTX_set_error(context, error);
  return 0;
}

int verify_mode(ClientCertificate client_certificate) {
  switch (client_certificate) {
    case ClientCertificate::none:
      return SSL_VERIFY_NONE;
    case ClientCertificate::request:
      return SSL_VERIFY_PEER;
    case ClientCertificate::require:
      return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  }
  return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
}

Result<void> set_protocol(SSL_CTX& context, Tls12Suites suites) {
  SSL_CTX_set_security_level(&context, 2);
  if (SSL_CTX_set_min_proto_version(&context, TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_max_proto_version(&context, TLS1_3_VERSION) != 1 ||
      SSL_CTX_set_cipher_list(&context, suites == Tls12Suites::fapi ? kFapiSuites : kTls12Suites) != 1 ||
      SSL_CTX_set_ciphersuites(&context, kTls13Suites) != 1 || SSL_CTX_set1_groups_list(&context, kGroups) != 1 ||
      SSL_CTX_set1_sigalgs_list(&context, kSignatureAlgorithms) != 1 ||
      SSL_CTX_set1_client_sigalgs_list(&context, kSignatureAlgorithms) != 1) {
    return tls_error("TLS protocol settings");
  }
  SSL_CTX_set_options(&context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
                                    SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  // Resumption would carry an identity past a reload, a revocation or an expiry, and OpenSSL gives no chain on it.
  SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_OFF);
  if (SSL_CTX_set_num_tickets(&context, 0) != 1 || SSL_CTX_set_max_early_data(&context, 0) != 1) {
    return tls_error("TLS resumption settings");
  }
  SSL_CTX_set_mode(&context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(&context, select_protocol, nullptr);
  return {};
}

void bound_client_chain(SSL_CTX& context, const x509::ChainLimits& limits) {
  // A bound on the Certificate message, checked before anything in it is parsed: the certificates and 16 octets of
  // framing for each.
  SSL_CTX_set_max_cert_list(&context, static_cast<long>(limits.bytes + 16 * limits.certificates));
  // OpenSSL builds no path in the handshake, so its depth is free to carry the count to check_presented().
  SSL_CTX_set_verify_depth(&context, static_cast<int>(limits.certificates) - 1);
}

/// The same certificate as an object of another library context.
Result<crypto::X509Handle> copy_certificate(const x509::Certificate& certificate, OSSL_LIB_CTX* library) {
  const Bytes der = certificate.to_der();
  const std::uint8_t* position = der.data();
  X509* copy = X509_new_ex(library, nullptr);
  if (copy == nullptr || d2i_X509(&copy, &position, static_cast<long>(der.size())) == nullptr) {
    return tls_error("the server certificate");
  }
  return crypto::X509Handle{copy};
}

Result<crypto::KeyHandle> copy_key(const EVP_PKEY& key, OSSL_LIB_CTX* library) {
  const auto pkcs8 = crypto::to_pkcs8(key);
  if (!pkcs8) return pkcs8.error();
  const std::uint8_t* position = pkcs8->expose().data();
  crypto::KeyHandle copy{
      d2i_AutoPrivateKey_ex(nullptr, &position, static_cast<long>(pkcs8->expose().size()), library, nullptr)};
  if (!copy) return tls_error("the server's key");
  return copy;
}

Result<void> use_certificate(SSL_CTX& context, const ServerCertificate& server, OSSL_LIB_CTX* library) {
  const auto leaf = copy_certificate(server.chain.front(), library);
  if (!leaf) return leaf.error();
  const auto key = copy_key(*server.key, library);
  if (!key) return key.error();
  if (SSL_CTX_use_certificate(&context, leaf->get()) != 1 || SSL_CTX_use_PrivateKey(&context, key->get()) != 1) {
    return tls_error("the server certificate");
  }
  for (std::size_t i = 1; i < server.chain.size(); ++i) {
    const auto issuer = copy_certificate(server.chain[i], library);
    if (!issuer) return issuer.error();
    if (SSL_CTX_add1_chain_cert(&context, issuer->get()) != 1) return tls_error("the server's chain");
  }
  return {};
}

Result<void> check_private_file(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return invalid_input(path.string() + ": " + system_error_text(errno));
  if ((status.st_mode & (S_IROTH | S_IWOTH | S_IWGRP)) != 0) {
    return invalid_input(path.string() + ": others may read or change this private key; run chmod 600 (or 640) on it");
  }
  return {};
}

}  // namespace

Result<ServerCertificate> load_server_certificate(const TlsOptions& options) {
  ServerCertificate server;
  const auto certificate_pem = load_file(options.certificate);
  if (!certificate_pem) return certificate_pem.error();
  auto chain = x509::parse_pem_certificates(*certificate_pem);
  if (!chain) return invalid_input(options.certificate.string() + ": " + chain.error().detail);
  server.chain = *std::move(chain);

  if (auto mode = check_private_file(options.private_key); !mode) return mode.error();
  const auto key_pem = load_file(options.private_key);
  if (!key_pem) return key_pem.error();
  auto key = crypto::parse_private_key_pem(*key_pem);
  if (!key) return invalid_input(options.private_key.string() + ": " + key.error().detail);
  server.key = *std::move(key);

  if (X509_check_private_key(&server.chain.front().handle(), server.key.get()) != 1) {
    ERR_clear_error();
    return invalid_input(options.private_key.string() + ": not the key of the first certificate in " +
                         options.certificate.string() + "; the leaf must come first");
  }
  if (auto strength = crypto::check_key_strength(*server.key); !strength) {
    return invalid_input(options.private_key.string() + ": " + strength.error().detail);
  }
  return server;
}

Result<TlsContext> make_tls_context(const ServerCertificate& server, ClientCertificate client_certificate,
                                    const x509::ChainLimits& chain_limits, const crypto::LibraryContext& library,
                                    Tls12Suites suites) {
  TlsContext context{SSL_CTX_new_ex(library.get(), nullptr, TLS_server_method()), SSL_CTX_free};
  if (!context) return tls_error("SSL_CTX_new");
  if (auto done = set_protocol(*context, suites); !done) return std::move(done).error();
  if (auto done = use_certificate(*context, server, library.get()); !done) return std::move(done).error();
  bound_client_chain(*context, chain_limits);
  SSL_CTX_set_verify(context.get(), verify_mode(client_certificate), nullptr);
  SSL_CTX_set_cert_verify_callback(context.get(), accept_usable_certificate, nullptr);
  return context;
}

}  // namespace certbound::net
