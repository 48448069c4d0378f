#pragma once

#include <memory>
#include <string>
#include <vector>

#include <openssl/ssl.h>

#include "base/result.hpp"
#include "crypto/handle.hpp"
#include "options.hpp"

namespace certbound::load {

using SslHandle = std::unique_ptr<SSL, crypto::Deleter<SSL_free>>;

/// TLS 1.3 with X25519 and the client certificate, without resumption. One per thread: nothing is shared, so nothing is
/// locked. A server certificate is validated against --ca and --host once; later handshakes compare it with the one
/// that was validated, octet by octet, which keeps the generator cheap.
class TlsClient {
 public:
  /// Errors: `invalid_request`: a file cannot be used.
  [[nodiscard]] static Result<std::unique_ptr<TlsClient>> make(const Options& options);

  /// A client session on a connected socket, which stays the caller's. Null where OpenSSL has no memory.
  [[nodiscard]] SslHandle open(int socket) const;

  /// base64url of the SHA-256 of the client certificate; empty without one.
  [[nodiscard]] const std::string& thumbprint() const { return thumbprint_; }

  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;
  ~TlsClient() = default;

 private:
  TlsClient() = default;
  Result<void> set_up(const Options& options);
  Result<void> load_certificate(const Options& options);
  static int verify_server(X509_STORE_CTX* store, void* self);

  std::unique_ptr<SSL_CTX, crypto::Deleter<SSL_CTX_free>> context_;
  std::string host_;
  std::string thumbprint_;
  std::vector<unsigned char> validated_;  // DER of the server certificate
};

}  // namespace certbound::load
