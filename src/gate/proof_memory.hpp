#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "certbound/presented_request.hpp"
#include "proof/replay_memory.hpp"

namespace certbound::gate {

/// Which DPoP proofs the verifiers of this process have taken: one for every worker, verifier and configuration, so
/// that none of them takes what another has taken, and a reload forgets nothing. A restart does, so nothing is taken
/// that could have been used before it (docs/adr/0034).
///
/// Any thread; outlives the workers.
class ProofMemory {
 public:
  /// Enough for 16,000 requests a second with proofs of one minute.
  static constexpr std::size_t kCapacity = 1'000'000;

  /// `accepted_after`: no proof that the process before has taken was made later. Nothing: the time of now, which is
  /// right where there was none.
  explicit ProofMemory(WallClock clock = wall_now, std::size_t capacity = kCapacity,
                       std::optional<std::chrono::sys_seconds> accepted_after = {});

  /// Only proofs that were made from then on are taken.
  [[nodiscard]] std::chrono::sys_seconds made_since() const { return made_since_; }

  /// When the latest of those that were taken had been made, or what the constructor was given: what the next process
  /// must not take again.
  [[nodiscard]] std::chrono::sys_seconds latest() const;

  /// As RememberProof says.
  [[nodiscard]] ProofUse remember(const std::array<std::uint8_t, 32>& key, std::chrono::sys_seconds until);

 private:
  WallClock clock_;
  std::chrono::sys_seconds made_since_;
  std::atomic<std::int64_t> latest_;  // Unix seconds
  proof::ReplayMemory used_;
};

}  // namespace certbound::gate
