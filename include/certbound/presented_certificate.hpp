#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "certbound/export.hpp"

struct x509_st;  // OpenSSL's X509

namespace certbound {

/// The client certificate of one connection, as the server that ended the TLS saw it: what a certificate-bound token is
/// compared with (RFC 8705 section 3). Only its SHA-256 is kept. Whoever makes one answers for it that the peer proved
/// possession of the certificate's key: the handshake does, a request's body or an unchecked header does not.
///
/// An input that is no certificate makes a value of its own, never `none()`; every token is refused with it. Make it
/// once for a connection. A value: copies are cheap, any thread may read it. Throws std::bad_alloc only.
class CERTBOUND_EXPORT PresentedCertificate {
 public:
  /// SHA-256 of the certificate in DER.
  using Thumbprint = std::array<std::uint8_t, 32>;

  /// The peer presented none.
  [[nodiscard]] static PresentedCertificate none();

  /// What SSL_get0_peer_certificate() or SSL_get1_peer_certificate() gave; it stays the caller's. Null: none().
  [[nodiscard]] static PresentedCertificate from_x509(x509_st* certificate);

  /// One certificate in DER and nothing behind it. Its frame is looked at, not what is in it: a certificate that nobody
  /// could use is equal to none that a token names.
  [[nodiscard]] static PresentedCertificate from_der(std::span<const std::uint8_t> der);

  /// One CERTIFICATE block, with what from_der() looks at. Of several one would have to guess which the peer holds the
  /// key of. A block alone, with lines that end in a line feed, is read in microseconds; other spellings of it cost as
  /// much as a signature.
  [[nodiscard]] static PresentedCertificate from_pem(std::string_view pem);

  /// The value of a `Client-Cert` field (RFC 9440 section 2.2): `:base64 of the DER:`, blanks around it, nothing else.
  /// Take it only from a proxy that replaces what its own peers send, over a connection that nobody else can make; a
  /// request with several such fields is to be refused before. Without the field: none().
  [[nodiscard]] static PresentedCertificate from_client_cert(std::string_view field_value);

  [[nodiscard]] bool is_none() const { return !thumbprint_ && problem_.empty(); }
  [[nodiscard]] bool is_malformed() const { return !problem_.empty(); }

  /// Nothing where the certificate is absent or malformed.
  [[nodiscard]] const std::optional<Thumbprint>& thumbprint() const { return thumbprint_; }

  /// Why it is malformed, for the log; empty where it isn't.
  [[nodiscard]] const std::string& problem() const { return problem_; }

  /// The thumbprint as `cnf` carries it (RFC 8705 section 3.1), 43 characters; empty where there is none.
  [[nodiscard]] std::string x5t_s256() const;

 private:
  PresentedCertificate() = default;
  static PresentedCertificate malformed(std::string problem);

  std::optional<Thumbprint> thumbprint_;
  std::string problem_;
};

}  // namespace certbound
