#pragma once

#include <memory>
#include <string>
#include <vector>

#include <openssl/ssl.h>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "crypto/handle.hpp"
#include "crypto/library_context.hpp"
#include "net/options.hpp"
#include "x509/certificate.hpp"

namespace certbound::net {

using TlsContext = std::shared_ptr<SSL_CTX>;

/// The server's certificate with its chain and key, loaded and checked against each other.
struct ServerCertificate {
  std::vector<x509::Certificate> chain;  ///< leaf first
  crypto::KeyHandle key;
};

/// Errors: `invalid_request`; `detail` names the file and what is wrong: unreadable, no certificate, key of another
/// certificate, key readable by others, weak key.
[[nodiscard]] Result<ServerCertificate> load_server_certificate(const TlsOptions& options);

/// TLS 1.2 and 1.3 with ECDHE and AEAD suites; no resumption of any kind, no renegotiation, no early data, no
/// compression; ALPN `http/1.1`. The handshake accepts any client certificate that parses, has a usable key of at least
/// 112 bits and proves it, within the certificates and bytes of `chain_limits`: who is trusted is decided per client,
/// after `client_id` is known (product.md section 5, rule 1). No list of acceptable CAs is sent. `library` outlives the
/// context and the certificates that its peers present. Errors: `server_error` where OpenSSL refuses a setting.
[[nodiscard]] Result<TlsContext> make_tls_context(const ServerCertificate& server, ClientCertificate client_certificate,
                                                  const x509::ChainLimits& chain_limits,
                                                  const crypto::LibraryContext& library = nullptr,
                                                  Tls12Suites suites = Tls12Suites::modern);

}  // namespace certbound::net
