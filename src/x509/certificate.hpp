#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/x509.h>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "crypto/digest.hpp"

namespace certbound::x509 {

/// A parsed certificate: an OpenSSL X509 of which every copy shares one object. Never null. Immutable, so any thread
/// may read it.
class Certificate {
 public:
  /// Exactly one certificate in DER, without a trailing octet. Other BER is refused, so that what was parsed encodes to
  /// what was received. Errors: `invalid_request`, `detail` says what.
  [[nodiscard]] static Result<Certificate> parse_der(ByteView der);

  /// Shares an X509 that OpenSSL owns (the handshake's), so that it is not parsed twice. `certificate` is not consumed.
  [[nodiscard]] static Certificate share(X509& certificate);

  [[nodiscard]] X509& handle() const { return *certificate_; }

  /// The certificate in DER. Of parse_der() it is what was received. Of share() OpenSSL encodes it anew: the signed
  /// part is what was received, the rest is DER even where the peer sent other BER.
  [[nodiscard]] Bytes to_der() const;
  [[nodiscard]] std::string to_pem() const;

  /// Where the certificate's own time is malformed, the validity is empty: not_before() is the end of time, not_after()
  /// its beginning.
  [[nodiscard]] WallTime not_before() const;
  [[nodiscard]] WallTime not_after() const;
  /// The serial's octets in lower-case hexadecimal, as `openssl x509 -serial` shows it but for the case: `02`, `-01`,
  /// `00`.
  [[nodiscard]] std::string serial_hex() const;

  /// Does it say of itself that no other certificate issued it: issuer and subject are one name, and the authority's
  /// key identifier, where there is one, is its own? The signature is not verified.
  [[nodiscard]] bool is_self_issued() const;

 private:
  explicit Certificate(std::shared_ptr<X509> certificate) : certificate_{std::move(certificate)} {}
  std::shared_ptr<X509> certificate_;
};

/// All CERTIFICATE blocks of a PEM text in order; other blocks are skipped. Errors: `invalid_request` where there is
/// none, where one is damaged, where a private key stands in the file (an operator who names the wrong file hears of
/// it), or where a block is OpenSSL's own TRUSTED CERTIFICATE, whose trust settings nobody here would follow.
[[nodiscard]] Result<std::vector<Certificate>> parse_pem_certificates(std::string_view pem);

/// Certificate thumbprint as the `cnf` claim carries it (RFC 8705 section 3.1): SHA-256 over the DER encoding of the
/// whole certificate. A renewed certificate with the same key does not match.
[[nodiscard]] crypto::Sha256 thumbprint(const Certificate& certificate);

/// thumbprint() in base64url without padding: always 43 characters.
[[nodiscard]] std::string x5t_s256(const Certificate& certificate);

}  // namespace certbound::x509
