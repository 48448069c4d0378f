#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "crypto/handle.hpp"
#include "crypto/secret.hpp"

namespace certbound::crypto {

/// The kinds of key pairs that certbound makes for itself.
enum class KeyType : std::uint8_t { ec_p256, rsa_2048, ed25519 };

/// A new key pair. Errors: `server_error`.
[[nodiscard]] Result<KeyHandle> make_key(KeyType type);

/// The private key as DER PKCS#8, unencrypted. Errors: `server_error`.
[[nodiscard]] Result<Secret> to_pkcs8(const EVP_PKEY& key);

/// A private key from DER PKCS#8. Errors: `server_error`: what is stored is not a key.
[[nodiscard]] Result<KeyHandle> parse_pkcs8(ByteView der);

/// The public half as DER SubjectPublicKeyInfo (RFC 5280 section 4.1). Errors: `server_error`.
[[nodiscard]] Result<Bytes> to_public_der(const EVP_PKEY& key);

/// A public key from DER SubjectPublicKeyInfo. Errors: `server_error`: what is stored is not a key.
[[nodiscard]] Result<KeyHandle> parse_public_der(ByteView der);

/// A private key from PEM, unencrypted. Errors: `invalid_request`, what is wrong in `detail`; an encrypted key is named
/// as such.
[[nodiscard]] Result<KeyHandle> parse_private_key_pem(std::string_view pem);

/// Every public key of a PEM text (`PUBLIC KEY`), in order; other blocks are an error, since who puts a private key
/// there must hear of it. Errors: `invalid_request`, what is wrong in `detail`; also where there is none.
[[nodiscard]] Result<std::vector<KeyHandle>> parse_public_keys_pem(std::string_view pem);

/// The private key as PEM PKCS#8, unencrypted: for `certbound init` only. Errors: `server_error`.
[[nodiscard]] Result<Secret> to_private_key_pem(const EVP_PKEY& key);

/// Is the key of a kind and strength that may authenticate a peer: RSA from 2048 to 8192 bits, EC on P-256, P-384 or
/// P-521 as a named curve, Ed25519, Ed448? Errors: `invalid_client` with Reason::weak_key (below 112 bits) or
/// Reason::certificate_unusable.
[[nodiscard]] Result<void> check_key_strength(const EVP_PKEY& key);

/// `EC P-256`, `RSA 2048`, `Ed25519`: for people.
[[nodiscard]] std::string describe_key(const EVP_PKEY& key);

}  // namespace certbound::crypto
