#include "oauth/replay_store.hpp"

namespace certbound::oauth {

Error refuse_untold(Spent spent) {
  const Reason reason = spent == Spent::full ? Reason::replays_full : Reason::replays_unknown;
  return {ErrorCode::temporarily_unavailable, reason, "the server is busy; ask again later",
          spent == Spent::full ? "no room to remember what was used" : "the server has just started"};
}

LocalReplayStore::LocalReplayStore(std::size_t capacity, WallTime accepted_after, metrics::Registry& registry)
    : memory_{capacity},
      accepted_after_{accepted_after},
      latest_{unix_seconds(accepted_after)},
      size_{registry.gauge("certbound_replay_entries", "Used assertions and DPoP proofs that are remembered")},
      full_{registry.counter("certbound_replay_full_total",
                             "Assertions and DPoP proofs refused because the memory of used ones is full")},
      replays_{registry.counter("certbound_replays_total", "Assertions and DPoP proofs that came a second time")} {}

Task<Spent> LocalReplayStore::spend(SingleUse use, WallTime now) { co_return judge(use, now); }

Spent LocalReplayStore::judge(const SingleUse& use, WallTime now) {
  if (use.issued_at <= accepted_after_) return now <= accepted_after_ ? Spent::unknown : Spent::before_start;
  const proof::Novelty novelty = memory_.use(use.key, use.until, now);
  switch (novelty) {
    case proof::Novelty::full:
      full_.increment();
      return Spent::full;
    case proof::Novelty::replay:
      replays_.increment();
      return Spent::replay;
    case proof::Novelty::first:
      break;
  }
  size_.set(static_cast<double>(memory_.size()));
  const std::int64_t issued_at = unix_seconds(use.issued_at);
  std::int64_t latest = latest_.load(std::memory_order_relaxed);
  while (latest < issued_at && !latest_.compare_exchange_weak(latest, issued_at, std::memory_order_relaxed)) {
  }
  return Spent::first;
}

WallTime LocalReplayStore::latest() const {
  return WallTime{std::chrono::seconds{latest_.load(std::memory_order_relaxed)}};
}

}  // namespace certbound::oauth
