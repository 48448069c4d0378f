#include "verifier/token_cache.hpp"

#include <algorithm>

namespace certbound::verifier {

namespace {

constexpr std::size_t kShards = 16;

}  // namespace

TokenCache::TokenCache(std::size_t capacity) {
  const std::size_t shards = std::min(capacity, kShards);
  for (std::size_t i = 0; i < shards; ++i) shards_.push_back(std::make_unique<Shard>(capacity / shards));
}

TokenCache::Shard& TokenCache::shard_of(const crypto::Sha256& token) {
  return *shards_[token.octets.back() % shards_.size()];  // the front is the hash of the map
}

std::shared_ptr<const Claims> TokenCache::find(const crypto::Sha256& token) {
  if (shards_.empty()) return nullptr;
  Shard& shard = shard_of(token);
  const std::lock_guard lock{shard.mutex};
  const auto* found = shard.entries.find(token);
  return found == nullptr ? nullptr : *found;
}

void TokenCache::put(const crypto::Sha256& token, const std::shared_ptr<const Claims>& claims) {
  if (shards_.empty()) return;
  Shard& shard = shard_of(token);
  std::shared_ptr<const Claims> displaced;  // freed without the lock
  const std::lock_guard lock{shard.mutex};
  displaced = shard.entries.put(token, claims);
}

}  // namespace certbound::verifier
