#include "fetch/tls_client.hpp"

#include <array>
#include <string>
#include <utility>

#include <openssl/x509v3.h>

#include "base/file.hpp"
#include "x509/certificate.hpp"

namespace certbound::fetch {

namespace {

// RFC 9325 section 4.2.
constexpr const char* kClientTls12Suites =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

Error client_tls_error(std::string_view what) {
  return internal_error(std::string{what} + ": " + crypto::take_openssl_errors());
}

Result<void> trust_file(SSL_CTX& context, const std::filesystem::path& ca_file) {
  const auto pem = load_file(ca_file);
  if (!pem) return pem.error();
  const auto authorities = x509::parse_pem_certificates(*pem);
  if (!authorities) return invalid_input(ca_file.string() + ": " + authorities.error().detail);
  X509_STORE* store = SSL_CTX_get_cert_store(&context);
  for (const x509::Certificate& authority : *authorities) {
    if (X509_STORE_add_cert(store, &authority.handle()) != 1) return client_tls_error(ca_file.string());
  }
  // What the operator named is trusted, whether or not somebody above has signed it.
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  return {};
}

}  // namespace

Result<std::shared_ptr<SSL_CTX>> make_tls_client_context(const std::filesystem::path& ca_file) {
  std::shared_ptr<SSL_CTX> context{SSL_CTX_new(TLS_client_method()), SSL_CTX_free};
  if (!context) return client_tls_error("SSL_CTX_new");
  constexpr std::array<unsigned char, 9> kProtocols{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  SSL_CTX_set_security_level(context.get(), 2);
  // SSL_CTX_set_alpn_protos returns 0 where it worked.
  if (SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_cipher_list(context.get(), kClientTls12Suites) != 1 ||
      SSL_CTX_set_alpn_protos(context.get(), kProtocols.data(), kProtocols.size()) != 0) {
    return client_tls_error("TLS client settings");
  }
  SSL_CTX_set_options(context.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  if (!ca_file.empty()) {
    if (auto done = trust_file(*context, ca_file); !done) return std::move(done).error();
  } else if (SSL_CTX_set_default_verify_paths(context.get()) != 1) {
    return client_tls_error("the system's CAs");
  }
  return context;
}

Result<SslHandle> make_tls_client(SSL_CTX& context, const Url& url, WallTime now) {
  SslHandle ssl{SSL_new(&context)};
  if (!ssl) return client_tls_error("SSL_new");
  X509_VERIFY_PARAM* rules = SSL_get0_param(ssl.get());
  X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  X509_VERIFY_PARAM_set_time(rules, unix_seconds(now));
  const bool is_named = url.is_literal ? X509_VERIFY_PARAM_set1_ip_asc(rules, url.host.c_str()) == 1
                                       : X509_VERIFY_PARAM_set1_host(rules, url.host.c_str(), url.host.size()) == 1;
  if (!is_named) return client_tls_error("the server's name");
  // The macro of SSL_set_tlsext_host_name casts in the old style.
  if (!url.is_literal && SSL_ctrl(ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                                  const_cast<char*>(url.host.c_str())) != 1) {
    return client_tls_error("the server's name");
  }
  return ssl;
}

Problem handshake_problem(const SSL& ssl, std::string otherwise) {
  const long verdict = SSL_get_verify_result(&ssl);
  static_cast<void>(crypto::take_openssl_errors());
  if (verdict == X509_V_OK) return {Failure::tls_failed, std::move(otherwise)};
  const bool is_name = verdict == X509_V_ERR_HOSTNAME_MISMATCH || verdict == X509_V_ERR_IP_ADDRESS_MISMATCH;
  return {is_name ? Failure::certificate_name : Failure::certificate_untrusted, X509_verify_cert_error_string(verdict)};
}

}  // namespace certbound::fetch
