#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/clock.hpp"
#include "certbound/presented_request.hpp"
#include "proof/replay_memory.hpp"

namespace certbound::gate {

/// Which DPoP proofs the verifiers of this process have taken: one for every worker, verifier and configuration, so
/// that none of them takes what another has taken, and a reload forgets nothing. A restart does, so nothing is taken
/// that was made before it (docs/adr/0033).
///
/// Any thread; outlives the workers.
class ProofMemory {
 public:
  /// Enough for 16,000 requests a second with proofs of one minute.
  static constexpr std::size_t kCapacity = 1'000'000;

  explicit ProofMemory(WallClock clock = wall_now, std::size_t capacity = kCapacity);

  [[nodiscard]] std::chrono::sys_seconds start() const { return start_; }

  /// As RememberProof says.
  [[nodiscard]] ProofUse remember(const std::array<std::uint8_t, 32>& key, std::chrono::sys_seconds until);

 private:
  WallClock clock_;
  std::chrono::sys_seconds start_;
  proof::ReplayMemory used_;
};

}  // namespace certbound::gate
