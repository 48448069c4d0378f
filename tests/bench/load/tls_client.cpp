#include "tls_client.hpp"

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "crypto/digest.hpp"

namespace certbound::load {

namespace {

std::vector<unsigned char> encode(const X509* certificate) {
  const int size = i2d_X509(certificate, nullptr);
  if (size <= 0) return {};
  std::vector<unsigned char> der(static_cast<std::size_t>(size));
  unsigned char* out = der.data();
  i2d_X509(certificate, &out);
  return der;
}

Error tls_error(const std::string& what) { return invalid_input(what + ": " + crypto::take_openssl_errors()); }

}  // namespace

Result<std::unique_ptr<TlsClient>> TlsClient::make(const Options& options) {
  std::unique_ptr<TlsClient> client{new TlsClient};
  if (auto done = client->set_up(options); !done) return std::move(done).error();
  return client;
}

Result<void> TlsClient::set_up(const Options& options) {
  host_ = options.host;
  context_.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* const context = context_.get();
  if (context == nullptr || SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) != 1 ||
      SSL_CTX_set1_groups_list(context, "X25519") != 1) {
    return tls_error("TLS 1.3 with X25519");
  }
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // One read of the socket for a record's header and content together.
  SSL_CTX_set_read_ahead(context, 1);
  if (SSL_CTX_load_verify_file(context, options.ca_file.c_str()) != 1) return tls_error(options.ca_file);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(context, &TlsClient::verify_server, this);
  return options.certificate_file.empty() ? Result<void>{} : load_certificate(options);
}

Result<void> TlsClient::load_certificate(const Options& options) {
  SSL_CTX* const context = context_.get();
  if (SSL_CTX_use_certificate_chain_file(context, options.certificate_file.c_str()) != 1) {
    return tls_error(options.certificate_file);
  }
  if (SSL_CTX_use_PrivateKey_file(context, options.key_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context) != 1) {
    return tls_error(options.key_file);
  }
  thumbprint_ = crypto::sha256(encode(SSL_CTX_get0_certificate(context))).to_base64url();
  return {};
}

SslHandle TlsClient::open(int socket) const {
  SslHandle session{SSL_new(context_.get())};
  if (!session || SSL_set_fd(session.get(), socket) != 1 || SSL_set1_host(session.get(), host_.c_str()) != 1) return {};
  // SSL_set_tlsext_host_name is a macro with an old-style cast.
  std::string name = host_;
  SSL_ctrl(session.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
  SSL_set_connect_state(session.get());
  return session;
}

int TlsClient::verify_server(X509_STORE_CTX* store, void* self) {
  auto& client = *static_cast<TlsClient*>(self);
  auto presented = encode(X509_STORE_CTX_get0_cert(store));
  if (!presented.empty() && presented == client.validated_) {
    X509_STORE_CTX_set_error(store, X509_V_OK);
    return 1;
  }
  const int verdict = X509_verify_cert(store);
  if (verdict == 1) client.validated_ = std::move(presented);
  return verdict;
}

}  // namespace certbound::load
