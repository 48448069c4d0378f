#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "base/recent_map.hpp"
#include "base/result.hpp"
#include "crypto/digest.hpp"
#include "jose/jwk.hpp"
#include "oauth/claims.hpp"
#include "oauth/snapshot.hpp"

namespace certbound::oauth {

/// Opens access tokens of ours under one snapshot, and remembers by the SHA-256 of the whole token what those claim
/// whose signature or seal was right: neither that a token is active nor who may see it. What is refused is not
/// remembered. On one worker's thread.
class TokenReader {
 public:
  /// Of some 1 KiB each.
  static constexpr std::size_t kCapacity = 16384;

  /// Errors: `server_error` where the snapshot's JWK Set cannot be read.
  [[nodiscard]] static Result<TokenReader> make(std::shared_ptr<const Snapshot> snapshot);

  /// As open_access_token().
  [[nodiscard]] Result<std::shared_ptr<const Claims>> open(std::string_view token);

 private:
  TokenReader(std::shared_ptr<const Snapshot> snapshot, std::vector<jose::Jwk> keys);

  std::shared_ptr<const Snapshot> snapshot_;
  std::vector<jose::Jwk> keys_;
  RecentMap<crypto::Sha256, std::shared_ptr<const Claims>, crypto::Sha256Hash> known_{kCapacity};
};

}  // namespace certbound::oauth
