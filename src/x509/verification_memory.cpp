#include "x509/verification_memory.hpp"

namespace certbound::x509 {

std::size_t VerificationMemory::KeyHash::operator()(const Key& key) const {
  // Fibonacci hashing spreads the small numbers of the generations.
  return crypto::Sha256Hash{}(key.leaf) ^ static_cast<std::size_t>(key.generation * 0x9e3779b97f4a7c15ULL);
}

Result<void> VerificationMemory::verify(const TrustStore& store, const PresentedChain& chain, WallTime now,
                                        const ChainLimits& limits, OcspDesk* desk) {
  const Key key{chain.leaf_thumbprint, store.generation()};
  if (const auto found = index_.find(key); found != index_.end()) {
    // OpenSSL takes the second of notAfter itself as past.
    if (found->second->not_before <= now && now < found->second->not_after) {
      entries_.splice(entries_.begin(), entries_, found->second);
      ++hits_;
      return {};
    }
    entries_.erase(found->second);
    index_.erase(found);
  }
  TrustStore::Query query;
  query.now = now;
  query.limits = limits;
  query.ocsp = desk;
  auto path = store.verify(chain.leaf, chain.intermediates, query);
  if (!path) return std::move(path).error();
  if (on_unknown_revocation_ && path->has_unknown_revocation()) on_unknown_revocation_(store, *path, now);
  remember(key, *path);
  return {};
}

void VerificationMemory::remember(const Key& key, const VerifiedPath& path) {
  if (capacity_ == 0) return;
  if (entries_.size() >= capacity_) {
    index_.erase(entries_.back().key);
    entries_.pop_back();
  }
  entries_.push_front({key, path.not_before, path.not_after});
  index_.emplace(key, entries_.begin());
}

void VerificationMemory::clear() {
  index_.clear();
  entries_.clear();
}

}  // namespace certbound::x509
