#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <openssl/evp.h>

namespace certbound::jose {

/// A curve that JOSE and OpenSSL both know (RFC 7518 section 6.2.1.1).
struct Curve {
  std::string_view name;          ///< `crv`: `P-256`
  const char* group;              ///< OpenSSL's name of the group
  std::size_t coordinate_octets;  ///< 32, 48 or 66
};

/// Nothing where `crv` is none of P-256, P-384, P-521. The result lives for ever.
[[nodiscard]] const Curve* find_curve(std::string_view crv);

/// The curve of an EC key, or nothing where the key is of another type or on another curve.
[[nodiscard]] const Curve* find_curve_of(const EVP_PKEY& key);

enum class SignatureScheme : std::uint8_t { ecdsa, rsa_pkcs1, rsa_pss, ed25519 };

/// A JWS algorithm with a public key (RFC 7518 section 3.1, RFC 8037 section 3.1, RFC 9864). `none` and HMAC are not in
/// the table.
struct Algorithm {
  std::string_view name;  ///< `alg`, case-sensitive
  SignatureScheme scheme;
  const char* digest;  ///< OpenSSL's name; nullptr for Ed25519
  const Curve* curve;  ///< ECDSA only, else nullptr
};

/// Nothing where `name` is not a name of the table. The result lives for ever.
[[nodiscard]] const Algorithm* find_algorithm(std::string_view name);

/// Do both names mean one algorithm? `EdDSA` with an Ed25519 key is `Ed25519` (RFC 9864 section 2.2).
[[nodiscard]] bool is_same_algorithm(const Algorithm& a, const Algorithm& b);

/// Is the key of the type, and for ECDSA on the curve, that the algorithm demands (RFC 8725 section 3.1)?
[[nodiscard]] bool fits_key(const Algorithm& algorithm, const EVP_PKEY& key);

/// How long every signature of that algorithm and key is.
[[nodiscard]] std::size_t signature_octets(const Algorithm& algorithm, const EVP_PKEY& key);

}  // namespace certbound::jose
