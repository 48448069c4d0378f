#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>
#include <openssl/evp.h>

#include "base/result.hpp"
#include "crypto/digest.hpp"
#include "crypto/handle.hpp"

namespace certbound::jose {

/// A public JSON Web Key (RFC 7517) that was checked: point on its curve, full-length coordinates, RSA from 2048 to
/// 8192 bits, no leading zero octets, an `alg` that fits. A private member in the input is an error: whoever sends one
/// must hear of it.
struct Jwk {
  crypto::KeyHandle key;                   ///< public; never null
  crypto::Sha256 thumbprint;               ///< RFC 7638
  std::string kid;                         ///< empty where absent
  std::string alg;                         ///< empty where absent
  std::string use;                         ///< empty where absent
  std::vector<Bytes> x5c;                  ///< DER, leaf first; the leaf's key is this key
  std::optional<crypto::Sha256> x5t_s256;  ///< as given; where x5c is given too they agree
  bool may_verify = true;                  ///< false where `use` is not `sig`, or `key_ops` lacks `verify`
};

/// One JWK: `kty` EC (P-256, P-384, P-521), RSA or OKP (Ed25519). Errors: `invalid_request`, the member and the fault
/// in `detail` (RFC 7517 section 4, RFC 7518 section 6, RFC 8037). `x5t` (SHA-1) is refused where it stands without
/// `x5t#S256` or `x5c`.
[[nodiscard]] Result<Jwk> parse_jwk(const nlohmann::json& value);

/// A JWK Set: an object with `keys`. Unknown members are ignored (RFC 7517 section 5); a key of unknown `kty` or `crv`
/// is skipped; any other fault, a private member of a key that would be skipped too, is an error that names the key by
/// its index. Errors: `invalid_request`.
[[nodiscard]] Result<std::vector<Jwk>> parse_jwk_set(const nlohmann::json& value);

/// The same for a set that its owner changes as he likes, where one key must not cost him the others: a key with a
/// fault is left out, `skipped` gets why, with its index. A private member is an error all the same.
[[nodiscard]] Result<std::vector<Jwk>> parse_usable_keys(const nlohmann::json& value,
                                                         std::vector<std::string>& skipped);

/// The public members of a key in the order of RFC 7638 (crv kty x y, e kty n, crv kty x), without kid. Errors:
/// `server_error` for a key that has no JWK form.
[[nodiscard]] Result<nlohmann::json> to_jwk(const EVP_PKEY& key);

/// RFC 7638 thumbprint of any key that has a JWK form. Errors: as to_jwk.
[[nodiscard]] Result<crypto::Sha256> key_thumbprint(const EVP_PKEY& key);

}  // namespace certbound::jose
