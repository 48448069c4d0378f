#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <openssl/evp.h>

#include "base/clock.hpp"
#include "x509/certificate.hpp"
#include "x509/issue_certificate.hpp"

namespace certbound::test {

/// The tests' present: 2026-01-15T12:00:00Z. What is made here is valid from a day before until a year after.
inline constexpr WallTime kNow{std::chrono::seconds{1768478400}};

/// A certificate and its private key.
struct Identity {
  x509::Certificate certificate;
  std::shared_ptr<EVP_PKEY> key;
};

enum class KeyKind { ec_p256, ec_p192, ed25519, rsa_2048, rsa_1024 };

/// A new key; the RSA ones are made once for the program and shared.
[[nodiscard]] std::shared_ptr<EVP_PKEY> make_key(KeyKind kind);

/// In the syntax of OpenSSL's configuration: {"basicConstraints", "critical,CA:FALSE"}, {"1.2.3.4", "DER:0500"}. Takes
/// the place of an extension of that name; an empty value removes it.
struct Extension {
  std::string name;
  std::string value;
};

/// What to make. By default a good client certificate.
struct Shape {
  x509::CertificateRole role = x509::CertificateRole::client;
  std::vector<std::pair<std::string, std::string>> subject;  ///< in DER order, by short name
  WallTime not_before = kNow - std::chrono::hours{24};
  WallTime not_after = kNow + std::chrono::hours{24 * 365};
  std::shared_ptr<EVP_PKEY> key;  ///< null: a new one on P-256
  std::string digest;             ///< empty: SHA-256; otherwise by name, SHA1 for example
  std::vector<Extension> extensions;
};

/// Makes it by x509::issue_certificate(), then changes what that cannot do and signs again. Self-signed where `issuer`
/// is null. Throws std::runtime_error where OpenSSL refuses.
[[nodiscard]] Identity make_identity(const Shape& shape, const Identity* issuer = nullptr);

/// CN=`common_name`, self-signed.
[[nodiscard]] Identity make_root(const std::string& common_name, std::vector<Extension> extensions = {});
/// A CA CN=`common_name` below `issuer`.
[[nodiscard]] Identity make_intermediate(const std::string& common_name, const Identity& issuer,
                                         std::vector<Extension> extensions = {});
/// A client's certificate CN=`common_name` below `issuer`.
[[nodiscard]] Identity make_client(const std::string& common_name, const Identity& issuer,
                                   std::vector<Extension> extensions = {});

}  // namespace certbound::test
