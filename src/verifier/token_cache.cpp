#include "verifier/token_cache.hpp"

#include <algorithm>
#include <utility>

namespace certbound::verifier {

namespace {

constexpr std::size_t kShards = 16;

}  // namespace

TokenCache::TokenCache(std::size_t capacity)
    : shard_capacity_{capacity / std::clamp<std::size_t>(capacity, 1, kShards)} {
  for (std::size_t i = 0; i < std::min(capacity, kShards); ++i) shards_.push_back(std::make_unique<Shard>());
}

TokenCache::Shard& TokenCache::shard_of(const crypto::Sha256& token) {
  return *shards_[token.octets.back() % shards_.size()];  // the front is the hash of the map
}

std::shared_ptr<const Claims> TokenCache::find(const crypto::Sha256& token) {
  if (shards_.empty()) return nullptr;
  Shard& shard = shard_of(token);
  const std::lock_guard lock{shard.mutex};
  const auto found = shard.entries.find(token);
  return found == shard.entries.end() ? nullptr : found->second;
}

void TokenCache::put(const crypto::Sha256& token, const std::shared_ptr<const Claims>& claims) {
  if (shards_.empty()) return;
  Shard& shard = shard_of(token);
  std::shared_ptr<const Claims> displaced;  // freed without the lock
  const std::lock_guard lock{shard.mutex};
  if (!shard.entries.try_emplace(token, claims).second) return;
  if (shard.order.size() < shard_capacity_) {
    shard.order.push_back(token);
    return;
  }
  const auto oldest = shard.entries.find(shard.order[shard.next]);
  displaced = std::move(oldest->second);
  shard.entries.erase(oldest);
  shard.order[shard.next] = token;
  shard.next = (shard.next + 1) % shard_capacity_;
}

}  // namespace certbound::verifier
