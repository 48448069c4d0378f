#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "crypto/digest.hpp"
#include "jose/jwk.hpp"
#include "x509/certificate.hpp"

namespace certbound::oauth {

/// The largest JWK Set that is fetched, and the most keys of it.
inline constexpr std::size_t kMaximumKeySetBytes = 256UL * 1024;
inline constexpr std::size_t kMaximumKeys = 256;

/// What a JWK registers (RFC 8705 section 2.2.2): x5c or x5t#S256 that certificate, a key without them every
/// certificate with that key.
struct RegisteredKey {
  enum class Kind : std::uint8_t { certificate, key };
  Kind kind = Kind::key;
  crypto::Sha256 thumbprint;                     ///< `x5t#S256`, or RFC 7638
  std::optional<x509::Certificate> certificate;  ///< where x5c holds it
};

/// Errors: `invalid_request` where x5c is no certificate.
[[nodiscard]] Result<RegisteredKey> read_registered_key(const jose::Jwk& key);

/// The certificates and keys by which one client may authenticate, besides those of its registration. Immutable once
/// made.
struct KeySet {
  std::vector<crypto::Sha256> certificates;  ///< x5t#S256
  std::vector<crypto::Sha256> keys;          ///< RFC 7638
  /// The same keys, for the signatures of assertions: those whose `use` and `key_ops` permit that. Null: none.
  std::shared_ptr<const std::vector<jose::Jwk>> verifying;
};

struct ParsedKeySet {
  KeySet set;
  std::vector<std::string> skipped;  ///< why keys were left out, with their index
};

/// What stands at a client's jwks_uri: a JWK Set that is read as one in the configuration is, but that a key that is
/// weak, damaged or of an unknown kind is left out and costs nobody the others. An empty one registers nobody: so a
/// partner withdraws all. Errors: `invalid_request`: not such a set, a private key in it, more than kMaximumKeys,
/// usable or not, or keys of which none is usable.
[[nodiscard]] Result<ParsedKeySet> parse_key_set(std::string_view body);

}  // namespace certbound::oauth
