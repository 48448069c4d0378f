#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/metrics.hpp"
#include "base/task.hpp"
#include "crypto/digest.hpp"
#include "proof/replay_memory.hpp"

namespace certbound::oauth {

/// A value that counts once: the `jti` of an assertion or of a DPoP proof, with whose it is.
struct SingleUse {
  SingleUse() = default;

  crypto::Sha256 key;
  WallTime issued_at{};  ///< when it was made, or the earliest that it can have been
  WallTime until{};      ///< from then on its own dates refuse it
};

enum class Spent : std::uint8_t {
  first,         ///< nobody used it before, and nobody will again
  replay,        ///< it was used
  before_start,  ///< it was made before the server started, which cannot tell; a new one will do
  unknown,       ///< the same, of whatever is made now: 503
  full,          ///< there is no room to remember it: 503
};

/// The refusal where nobody can tell whether a value was used: `unknown` or `full`. `temporarily_unavailable`.
[[nodiscard]] Error refuse_untold(Spent spent);

/// Which values were used, for every worker of this server; behind it there may be a memory that several servers share,
/// so it is asked by a coroutine. Strict: one of all the calls with a key gets `first`.
class ReplayStore {
 public:
  ReplayStore() = default;
  ReplayStore(const ReplayStore&) = delete;
  ReplayStore& operator=(const ReplayStore&) = delete;
  virtual ~ReplayStore() = default;

  /// On a worker's thread; resumed there.
  [[nodiscard]] virtual Task<Spent> spend(SingleUse use, WallTime now) = 0;
};

/// One server's, in its memory. A restart forgets it, so nothing counts that was made up to `accepted_after`: no later
/// than the last value that the process before has taken (docs/adr/0034). Does not suspend.
class LocalReplayStore final : public ReplayStore {
 public:
  LocalReplayStore(std::size_t capacity, WallTime accepted_after, metrics::Registry& registry);

  [[nodiscard]] Task<Spent> spend(SingleUse use, WallTime now) override;

  /// The latest `issued_at` of what was taken, or what the constructor was given: what the next process must not take
  /// again.
  [[nodiscard]] WallTime latest() const;

 private:
  [[nodiscard]] Spent judge(const SingleUse& use, WallTime now);

  proof::ReplayMemory memory_;
  WallTime accepted_after_;
  std::atomic<std::int64_t> latest_;
  metrics::Gauge size_;
  metrics::Counter full_;
  metrics::Counter replays_;
};

}  // namespace certbound::oauth
