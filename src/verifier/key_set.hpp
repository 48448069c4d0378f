#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "jose/jwk.hpp"
#include "verifier/token_cache.hpp"

namespace certbound::verifier {

/// One version of the issuer's keys, with what they have verified: another set begins with an empty memory, so nothing
/// is believed that a key has verified which is gone. The keys never change; the cache is thread safe.
struct KeySet {
  KeySet(std::string set_text, std::vector<jose::Jwk> set_keys, std::vector<std::string> left_out, std::size_t capacity)
      : text{std::move(set_text)}, keys{std::move(set_keys)}, skipped{std::move(left_out)}, cache{capacity} {}

  std::string text;
  std::vector<jose::Jwk> keys;
  std::vector<std::string> skipped;  ///< keys that cannot be used, each with why
  mutable TokenCache cache;
};

/// A JWK Set of at most 256 KiB (RFC 7517 section 5). Keys of a kind that is not known are passed over, those with a
/// fault are left out. Errors: `invalid_request` where no key is left, or a private one is in it.
[[nodiscard]] Result<std::shared_ptr<const KeySet>> load_key_set(std::string text, std::size_t cached_tokens);

/// What a set of keys may have at the most.
inline constexpr std::size_t kMaximumKeySetBytes = 256UL * 1024;

}  // namespace certbound::verifier
