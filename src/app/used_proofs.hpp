#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "base/clock.hpp"
#include "base/metrics.hpp"
#include "base/result.hpp"
#include "oauth/proof/dpop.hpp"
#include "oauth/replay_store.hpp"
#include "proof/nonce.hpp"

namespace certbound::app {

/// Which assertions and DPoP proofs this process has taken, and the nonces that it gives out; outlives the workers.
///
/// A restart forgets them. So the file `replays` in the state directory says, while the server runs, that it does, and
/// from its orderly end on when the latest of them was made: nothing that is older is taken again. After a crash that
/// is not known, and for as long as a proof may be ahead of our clock nothing is taken (docs/adr/0034). No write
/// belongs to a request.
class UsedProofs {
 public:
  /// Has a server run with this state before? Then a file that is missing was lost, as by a restore.
  enum class History : std::uint8_t { none, some };

  /// Errors: `invalid_request` where the file cannot be read or written; `server_error` without entropy.
  [[nodiscard]] static Result<std::unique_ptr<UsedProofs>> open(const std::filesystem::path& state_dir,
                                                                std::size_t capacity, metrics::Registry& registry,
                                                                WallTime now, History history);

  [[nodiscard]] oauth::DpopTools tools() { return oauth::DpopTools{replays_, nonces_}; }

  /// Nothing that was made up to then is taken.
  [[nodiscard]] WallTime accepted_after() const { return accepted_after_; }

  /// After the last request: notes what the next process has to know; `latest_at_verifiers` is when the latest proof
  /// that verifiers took had been made. Logs what it cannot write; then the next start is one after a crash.
  void close(WallTime latest_at_verifiers);

 private:
  UsedProofs(std::filesystem::path file, std::size_t capacity, WallTime accepted_after, metrics::Registry& registry,
             proof::NonceMaker nonces);

  std::filesystem::path file_;
  WallTime accepted_after_;
  oauth::LocalReplayStore replays_;
  proof::NonceMaker nonces_;
};

}  // namespace certbound::app
