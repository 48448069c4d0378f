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

/// What AES-256-GCM (NIST SP 800-38D) makes of a text: A256GCM of RFC 7518 section 5.3.
struct SealedText {
  std::array<std::uint8_t, 12> nonce{};
  Bytes ciphertext;  ///< as long as the text
  std::array<std::uint8_t, 16> tag{};
};

/// Encrypts `text` under a random nonce and binds `associated` to it. One key may seal 2^32 texts. `key` has
/// kAes256KeyOctets. Errors: `server_error`.
[[nodiscard]] Result<SealedText> seal_aes_256_gcm(ByteView key, ByteView associated, ByteView text);

/// The text; nothing where `key` and `associated` are not those that sealed it, or anything was changed.
[[nodiscard]] std::optional<Secret> open_aes_256_gcm(ByteView key, ByteView associated, const SealedText& sealed);

/// A key of kAes256KeyOctets for one purpose from a secret of enough entropy: HKDF (RFC 5869) with SHA-256, no salt,
/// `purpose` as info. Errors: `server_error`.
[[nodiscard]] Result<Secret> derive_key(const Secret& secret, std::string_view purpose);

}  // namespace certbound::crypto
