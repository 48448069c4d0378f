#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "crypto/key.hpp"
#include "x509/certificate.hpp"

namespace certbound::x509 {

/// What `certbound init` makes: a development CA and what it signs. Not a CA for production.
enum class CertificateRole : std::uint8_t { authority, server, client };

struct CertificateRequest {
  CertificateRole role = CertificateRole::client;
  /// Attributes in DER order, by short name: {{"O", "Example"}, {"CN", "client-1"}}.
  std::vector<std::pair<std::string, std::string>> subject;
  std::vector<std::string> dns_names;
  std::vector<std::string> ip_addresses;
  WallTime not_before{};
  WallTime not_after{};
};

/// The one who signs. Null, both of them, for a self-signed certificate.
struct Signer {
  const Certificate* certificate = nullptr;
  EVP_PKEY* key = nullptr;
};

/// An X.509 v3 certificate for `subject_key` with the extensions that RFC 5280 demands (key identifiers,
/// basicConstraints, keyUsage, EKU), a random serial, signed by `signer` or by itself. Errors: `server_error`.
[[nodiscard]] Result<Certificate> issue_certificate(const CertificateRequest& request, EVP_PKEY& subject_key,
                                                    const Signer& signer);

}  // namespace certbound::x509
