#include "gate/proof_memory.hpp"

namespace certbound::gate {

ProofMemory::ProofMemory(WallClock clock, std::size_t capacity) : clock_{clock}, start_{clock()}, used_{capacity} {}

ProofUse ProofMemory::remember(const std::array<std::uint8_t, 32>& key, std::chrono::sys_seconds until) {
  switch (used_.use(crypto::Sha256{key}, until, clock_())) {
    case proof::Novelty::first:
      return ProofUse::first;
    case proof::Novelty::replay:
      return ProofUse::replay;
    case proof::Novelty::full:
      break;
  }
  return ProofUse::unknown;
}

}  // namespace certbound::gate
