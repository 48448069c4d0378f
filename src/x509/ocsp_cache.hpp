#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "crypto/digest.hpp"
#include "x509/ocsp.hpp"

namespace certbound::x509 {

/// How asking ended: an answer, or the words for why there is none; and when that holds.
struct OcspOutcome {
  OcspOutcome() = default;

  /// An answer that was got at `now`. `revoked` holds until it ends; `good` as well, but no longer than
  /// kOcspLongestUse, since much may happen before its nextUpdate; `unknown` for a short time, since the certificate
  /// may be new.
  [[nodiscard]] static OcspOutcome of_answer(OcspAnswer answer, WallTime now);
  /// None was got at `now`; nobody is asked again for `pause`.
  [[nodiscard]] static OcspOutcome of_failure(std::string why, WallTime now, std::chrono::seconds pause);

  [[nodiscard]] bool holds_at(WallTime now) const { return holds_from <= now && now < holds_until; }

  std::shared_ptr<const OcspAnswer> answer;  ///< null where there is none
  std::string failure;                       ///< why there is none; for people. May stand beside an older answer
  WallTime made_at{};                        ///< when that was known
  WallTime holds_from{};
  WallTime holds_until{};
};

/// For how long an answer `unknown`, or one that was refused, is not asked for again.
inline constexpr std::chrono::seconds kOcspPause{30};
/// For how long an answer `good` is used without asking again, whatever its nextUpdate.
inline constexpr std::chrono::seconds kOcspLongestUse{std::chrono::hours{1}};

/// What an outcome is about: the very certificate, its issuer's name and key, and whom the store asks.
[[nodiscard]] crypto::Sha256 ocsp_key(const OcspQuestion& question, const OcspOptions& options);

/// Outcomes by ocsp_key(). Bounded: the least recently used goes first, of those that are revoked only where there is
/// nothing else. Not thread safe.
class OcspCache {
 public:
  static constexpr std::size_t kCapacity = 8192;

  explicit OcspCache(std::size_t capacity = kCapacity) : capacity_{capacity} {}
  OcspCache(const OcspCache&) = delete;
  OcspCache& operator=(const OcspCache&) = delete;
  OcspCache(OcspCache&&) = default;
  OcspCache& operator=(OcspCache&&) = default;
  ~OcspCache() = default;

  /// Null where nothing is known that holds at `now`.
  [[nodiscard]] std::shared_ptr<const OcspOutcome> find(const crypto::Sha256& key, WallTime now);

  /// The answer where it is `revoked`, also one that has ended: what counts beside a failure that is not put. Else
  /// null.
  [[nodiscard]] std::shared_ptr<const OcspAnswer> find_revoked(const crypto::Sha256& key) const;

  /// Keeps the outcome, and says what counts. Where the answer before was revoked, and this one has no status to tell
  /// or is a good one of an earlier thisUpdate, that answer counts on, however old: as long as it holds itself, and
  /// else as the failure does, or for kOcspPause. Else whoever can silence a responder, or send an old answer again,
  /// could bring back what was revoked.
  std::shared_ptr<const OcspOutcome> put(const crypto::Sha256& key, OcspOutcome outcome);

  /// A reload ends what was verified: everybody is asked again but about what is revoked, which nothing but an answer
  /// may end.
  void forget_all_but_revoked();

  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    crypto::Sha256 key;
    std::shared_ptr<const OcspOutcome> outcome;
  };

  void make_room();

  std::size_t capacity_;
  std::list<Entry> entries_;  // most recently used first
  std::unordered_map<crypto::Sha256, std::list<Entry>::iterator, crypto::Sha256Hash> index_;
};

/// What a verification knows of OCSP answers, and where it leaves what somebody has to ask first.
struct OcspDesk {
  explicit OcspDesk(OcspCache& known) : answers{known} {}

  OcspCache& answers;
  std::vector<OcspQuestion> questions;  ///< of the path, leaf first
  OcspOptions options;                  ///< whom the store asks; of the questions
};

}  // namespace certbound::x509
