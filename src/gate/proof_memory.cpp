#include "gate/proof_memory.hpp"

#include "verifier/dpop_verifier.hpp"

namespace certbound::gate {

ProofMemory::ProofMemory(WallClock clock, std::size_t capacity, std::optional<std::chrono::sys_seconds> accepted_after)
    : clock_{clock},
      made_since_{accepted_after ? *accepted_after + std::chrono::seconds{1} : clock()},
      latest_{unix_seconds(accepted_after.value_or(WallTime{}))},
      used_{capacity} {}

ProofUse ProofMemory::remember(const std::array<std::uint8_t, 32>& key, std::chrono::sys_seconds until) {
  const ProofUse use = verifier::to_use(used_.use(crypto::Sha256{key}, until, clock_()));
  if (use != ProofUse::first) return use;
  const std::int64_t made = unix_seconds(until - DpopOptions{}.lifetime);
  std::int64_t latest = latest_.load(std::memory_order_relaxed);
  while (latest < made && !latest_.compare_exchange_weak(latest, made, std::memory_order_relaxed)) {
  }
  return use;
}

std::chrono::sys_seconds ProofMemory::latest() const {
  return WallTime{std::chrono::seconds{latest_.load(std::memory_order_relaxed)}};
}

}  // namespace certbound::gate
