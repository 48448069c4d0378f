#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "base/recent_map.hpp"
#include "crypto/digest.hpp"
#include "verifier/claims.hpp"

namespace certbound::verifier {

/// Remembers which tokens one set of keys has verified, by the SHA-256 of the whole token, and what they claim: neither
/// that they are bound to anybody's certificate nor that they are still valid. Holds `capacity` tokens at the most; the
/// oldest makes room. Thread safe.
class TokenCache {
 public:
  /// 0: remembers nothing.
  explicit TokenCache(std::size_t capacity);

  /// Null where it is not known.
  [[nodiscard]] std::shared_ptr<const Claims> find(const crypto::Sha256& token);

  /// Only what a signature has covered may come here.
  void put(const crypto::Sha256& token, const std::shared_ptr<const Claims>& claims);

 private:
  /// A part with a lock of its own, so that threads seldom meet.
  struct Shard {
    explicit Shard(std::size_t capacity) : entries{capacity} {}

    std::mutex mutex;  // guards the entries
    RecentMap<crypto::Sha256, std::shared_ptr<const Claims>, crypto::Sha256Hash> entries;
  };

  [[nodiscard]] Shard& shard_of(const crypto::Sha256& token);

  std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace certbound::verifier
