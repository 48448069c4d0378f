#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <unordered_map>
#include <utility>

#include "base/clock.hpp"
#include "crypto/digest.hpp"
#include "x509/trust_store.hpp"

namespace certbound::x509 {

/// What was verified is remembered per (leaf thumbprint, trust store generation), so that the thousandth connection
/// costs no second validation. Only success is remembered. A verdict holds within the validity of its whole path and
/// of the CRLs and OCSP outcomes that it rests on, whichever way the clock goes, and ends with the store's generation.
/// Bounded: the least recently used goes first. One per worker; not thread safe.
class VerificationMemory {
 public:
  /// Hears of every path that is accepted, and not from memory, although the revocation of a certificate is unknown.
  using OnUnknownRevocation = std::function<void(const TrustStore& store, const VerifiedPath& path, WallTime now)>;

  static constexpr std::size_t kCapacity = 4096;

  explicit VerificationMemory(std::size_t capacity = kCapacity, OnUnknownRevocation on_unknown_revocation = {})
      : capacity_{capacity}, on_unknown_revocation_{std::move(on_unknown_revocation)} {}

  /// The remembered verdict, or verifies now and remembers. A verdict is not asked again whether other `limits` permit
  /// it: they belong to a configuration, and so do the store and its generation. Where `desk` (as
  /// TrustStore::Query::ocsp) has questions then, no verdict is possible before somebody has asked them: verify again.
  /// Errors: as TrustStore::verify.
  [[nodiscard]] Result<void> verify(const TrustStore& store, const PresentedChain& chain, WallTime now,
                                    const ChainLimits& limits = ChainLimits{}, OcspDesk* desk = nullptr);

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  /// How often verify() was answered from memory: for metrics and tests.
  [[nodiscard]] std::size_t hits() const { return hits_; }
  /// Forgets everything: a reload has new generations anyway, this frees the room.
  void clear();

 private:
  struct Key {
    crypto::Sha256 leaf;
    std::uint64_t generation = 0;
    [[nodiscard]] bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    [[nodiscard]] std::size_t operator()(const Key& key) const;
  };
  struct Entry {
    Key key;
    WallTime not_before;
    WallTime not_after;
  };

  void remember(const Key& key, const VerifiedPath& path);

  std::size_t capacity_;
  OnUnknownRevocation on_unknown_revocation_;
  std::size_t hits_ = 0;
  std::list<Entry> entries_;  // most recently used first
  std::unordered_map<Key, std::list<Entry>::iterator, KeyHash> index_;
};

}  // namespace certbound::x509
