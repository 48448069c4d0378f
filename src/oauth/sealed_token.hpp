#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "crypto/aead.hpp"
#include "crypto/secret.hpp"
#include "oauth/claims.hpp"
#include "oauth/snapshot.hpp"

namespace certbound::oauth {

/// Makes opaque access tokens, for one worker: the claims, sealed so that only this server reads them (docs/adr/0023).
/// A compact JWE with `typ: at+sealed`, some 450 octets; what is in it is nobody else's business.
///
/// What seals is not the sealing key but one that is derived from it with a random salt, which stands in the token's
/// `kid` behind a dot. The key is this object's alone, so its nonces can be counted, and no two are equal
/// (docs/adr/0026). Not thread safe.
class TokenSealer {
 public:
  /// A new salt is taken after `tokens_per_salt` tokens.
  explicit TokenSealer(std::uint32_t tokens_per_salt = 1U << 31U) : tokens_per_salt_{tokens_per_salt} {}
  // A copy would count the same nonces again.
  TokenSealer(const TokenSealer&) = delete;
  TokenSealer& operator=(const TokenSealer&) = delete;
  TokenSealer(TokenSealer&&) noexcept = default;
  TokenSealer& operator=(TokenSealer&&) noexcept = default;
  ~TokenSealer() = default;

  /// `keys`: the first seals. Errors: `server_error`, also where there is no key.
  [[nodiscard]] Result<std::string> seal(const Claims& claims, std::span<const SealingKey> keys);

 private:
  [[nodiscard]] Result<void> derive(const SealingKey& key);
  [[nodiscard]] Result<crypto::GcmNonce> next_nonce();

  std::uint32_t tokens_per_salt_;
  std::string sealing_kid_;  // of the key that `key_` was derived from; empty before the first token
  std::string kid_;          // with the salt
  crypto::Secret key_;
  std::uint32_t sealed_ = 0;  // tokens under `key_`
};

/// The steps of open_sealed_token(), in order.
enum class SealStep : std::uint8_t {
  take_apart,   ///< a JWE of the one kind that is taken
  check_type,   ///< `typ`
  find_key,     ///< a key of ours by that name
  open,         ///< the seal
  read_claims,  ///< what is in it
};

/// The claims of a token that a TokenSealer made with one of `keys`, or an earlier version with the key itself. Errors:
/// `invalid_request`; `step` is the one that it came to.
[[nodiscard]] Result<Claims> open_sealed_token(std::string_view token, std::span<const SealingKey> keys,
                                               SealStep& step);
[[nodiscard]] Result<Claims> open_sealed_token(std::string_view token, std::span<const SealingKey> keys);

}  // namespace certbound::oauth
