#pragma once

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
/// with one key, from any thread, one gets `first`, until `until` of it has passed. Bounded: where `capacity` live
/// values are kept it says `full` and forgets nothing. What has expired makes room at once, at a cost that does not
/// depend on how much there is.
///
/// Any thread; no I/O; well under a microsecond. Memory grows with what is kept, at about 64 octets each.
class ReplayMemory {
 public:
  explicit ReplayMemory(std::size_t capacity);
  ReplayMemory(const ReplayMemory&) = delete;
  ReplayMemory& operator=(const ReplayMemory&) = delete;
  ~ReplayMemory();

  /// `until`: from then on a value with that key is refused by its own dates, so it need not be kept any more.
  [[nodiscard]] Novelty use(const crypto::Sha256& key, WallTime until, WallTime now);

  /// How many are kept; some of them may have expired. For metrics.
  [[nodiscard]] std::size_t size() const;

 private:
  class Shard;
  std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace certbound::proof
