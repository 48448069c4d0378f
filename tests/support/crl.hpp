#pragma once

#include <string>
#include <vector>

#include "base/base64url.hpp"
#include "base/clock.hpp"
#include "support/pki.hpp"

namespace certbound::test {

/// One entry of a CRL.
struct CrlEntry {
  std::string serial;  ///< hexadecimal; with a minus sign where it is negative
  std::vector<Extension> extensions;
};

/// The serials of certificates as entries.
[[nodiscard]] CrlEntry revoke(const x509::Certificate& certificate);

/// What to make. By default an empty version 2 list with number 1 that holds for a day around the tests' present.
struct CrlShape {
  std::vector<CrlEntry> entries;
  WallTime this_update = kNow - std::chrono::hours{1};
  WallTime next_update = kNow + std::chrono::hours{24};
  bool has_next_update = true;
  std::string number = "01";  ///< hexadecimal; empty: no extension
  std::string digest;         ///< empty: SHA-256; otherwise by name, SHA1 for example
  int pss_salt = -1;          ///< RSASSA-PSS with a salt of so many octets; negative: another scheme
  std::vector<Extension> extensions;
};

/// A CRL by OpenSSL, signed by `issuer`, in DER. Throws std::runtime_error where OpenSSL refuses.
[[nodiscard]] Bytes make_crl(const Identity& issuer, const CrlShape& shape = {});

/// The same in PEM.
[[nodiscard]] std::string to_crl_pem(const Bytes& der);

}  // namespace certbound::test
