#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/clock.hpp"
#include "crypto/digest.hpp"

namespace certbound::proof {

/// What ReplayMemory says of one use.
enum class Novelty : std::uint8_t {
  first,   ///< it is remembered from now on
  replay,  ///< it was used before
  full,    ///< nobody can tell, since there is no room to remember it: refuse with 503
};

/// Which one-time values (`jti` of assertions and DPoP proofs) were used, in this process. Strict: of all the calls
/// with one key, from any thread, at the most one gets `first`, until `until` of it has passed. Bounded: where
/// `capacity` live values are kept it says `full` and forgets nothing. What has expired makes room at once, at a cost
/// that does not depend on how much there is.
///
/// A clock that is set back, as long as it likes: what is kept stays kept. By up to kLateness also what had expired
/// before is still refused, so it does not matter that threads have read the clock at different times.
///
/// Any thread; no I/O; well under a microsecond. Memory grows with what is kept, at less than 64 octets each, and is
/// not given back.
class ReplayMemory {
 public:
  static constexpr std::chrono::seconds kLateness{10};

  explicit ReplayMemory(std::size_t capacity);
  ReplayMemory(const ReplayMemory&) = delete;
  ReplayMemory& operator=(const ReplayMemory&) = delete;
  ReplayMemory(ReplayMemory&&) = delete;
  ReplayMemory& operator=(ReplayMemory&&) = delete;
  ~ReplayMemory();

  /// `until`: from then on a value with that key is refused by its own dates, so it need not be kept any more. A value
  /// whose `until` is over is `replay`, since it may have been forgotten. Throws std::bad_alloc only.
  [[nodiscard]] Novelty use(const crypto::Sha256& key, WallTime until, WallTime now);

  /// How many are kept; some of them may have expired. For metrics.
  [[nodiscard]] std::size_t size() const;

 private:
  class Place;
  class Shard;

  std::atomic<std::size_t> kept_ = 0;  // of all shards
  const std::size_t capacity_;
  std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace certbound::proof
