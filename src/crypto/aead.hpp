#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/base64url.hpp"
#include "base/result.hpp"
#include "crypto/secret.hpp"

namespace certbound::crypto {

inline constexpr std::size_t kAes256KeyOctets = 32;

/// 96 bits, as AES-GCM wants them. Two texts under one key and one nonce give the key away.
using GcmNonce = std::array<std::uint8_t, 12>;

/// What AES-256-GCM (NIST SP 800-38D) makes of a text: A256GCM of RFC 7518 section 5.3.
struct SealedText {
  GcmNonce nonce{};
  Bytes ciphertext;  ///< as long as the text
  std::array<std::uint8_t, 16> tag{};
};

/// Encrypts `text` under a random nonce and binds `associated` to it. One key may seal 2^32 texts. `key` has
/// kAes256KeyOctets. Errors: `server_error`.
[[nodiscard]] Result<SealedText> seal_aes_256_gcm(ByteView key, ByteView associated, ByteView text);

/// The same under the caller's nonce, which must be another one for each text of a key.
[[nodiscard]] Result<SealedText> seal_aes_256_gcm(ByteView key, const GcmNonce& nonce, ByteView associated,
                                                  ByteView text);

/// The text; nothing where `key` and `associated` are not those that sealed it, or anything was changed.
[[nodiscard]] std::optional<Secret> open_aes_256_gcm(ByteView key, ByteView associated, const SealedText& sealed);

/// A key of kAes256KeyOctets for one purpose from a secret of enough entropy: HKDF (RFC 5869) with SHA-256, `purpose`
/// as info. Errors: `server_error`.
[[nodiscard]] Result<Secret> derive_key(const Secret& secret, std::string_view purpose, ByteView salt = {});

}  // namespace certbound::crypto
