#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

#include "x509/presented.hpp"

namespace certbound::net {

/// What a TLS listener asks of its peers. Who is trusted is decided per client, after the handshake.
enum class ClientCertificate : std::uint8_t {
  none,     ///< no CertificateRequest
  request,  ///< asked for; a handshake without one goes on (RFC 8705 section 6.1)
  require,  ///< a handshake without one fails
};

/// Which suites of TLS 1.2 are offered; of TLS 1.3 all are good.
enum class Tls12Suites : std::uint8_t {
  modern,  ///< ECDHE with AES-GCM or ChaCha20-Poly1305
  fapi,    ///< the four with AES-GCM that RFC 9325 section 4.2 recommends, as FAPI 2.0 section 5.2.2 wants it
};

/// One entry of `listeners`.
struct ListenerOptions {
  std::string address = "0.0.0.0:8443";  ///< IP:port or [IPv6]:port; port 0 takes a free one
  ClientCertificate client_certificate = ClientCertificate::request;
  std::string url;  ///< the origin under which clients reach it, where it differs from the issuer's; else empty
};

/// `tls`: the server's own certificate.
struct TlsOptions {
  std::filesystem::path certificate;  ///< PEM, leaf first, then intermediates
  std::filesystem::path private_key;  ///< PEM, unencrypted, not readable by others
};

/// `limits`: every wait has a deadline, every buffer a bound.
struct Limits {
  std::size_t header_bytes = 16UL * 1024;
  std::size_t body_bytes = 64UL * 1024;
  x509::ChainLimits chain;  ///< of what a client presents
  std::size_t connections_per_worker = 10000;
  std::size_t replay_entries = 1000000;  ///< used assertions and DPoP proofs that are remembered, for all workers
  std::chrono::seconds handshake_timeout{10};
  std::chrono::seconds header_timeout{10};
  std::chrono::seconds body_timeout{10};
  std::chrono::seconds idle_timeout{60};   ///< between requests of a kept-alive connection
  std::chrono::seconds drain_timeout{10};  ///< how long SIGTERM waits for requests that are being answered
};

}  // namespace certbound::net
