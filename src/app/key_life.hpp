#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "model/key_record.hpp"

namespace certbound::app {

/// Both clocks, read together. A key's times are kept by the wall clock, and waited for by the other, so that setting
/// the wall clock neither hurries nor stops a running server's keys.
struct KeyClock {
  using Steady = std::chrono::steady_clock::time_point;
  WallTime wall{};
  Steady steady{};
};
[[nodiscard]] KeyClock read_key_clock();

/// What the configuration says of keys.
struct KeyPolicy {
  model::SigningAlgorithm algorithm = model::SigningAlgorithm::es256;
  bool seals = false;                        ///< whether opaque tokens are made
  std::chrono::seconds rotation_interval{};  ///< zero: only when asked for
  std::chrono::seconds token_lifetime{};     ///< of the longest token
  std::chrono::seconds cache_lifetime{};     ///< for how long a published key set may be cached
};

/// A key of a running server.
struct LivingKey {
  model::KeyRecord record;
  /// next: when it may be used, the end of time until it was published; active: since when it is used; retired: when it
  /// is removed.
  KeyClock::Steady from{};
};

/// Why keys may change now.
enum class Rotation : std::uint8_t {
  due,    ///< only what the time demands
  asked,  ///< the keys in use are to be replaced, as soon as everybody can know the new ones
  forced  ///< … at once, although caches may not know the new ones yet
};

using model::kClockSkew;
using model::kMostKeys;

/// What is to be done to the keys.
struct KeySteps {
  /// A key that is to be made.
  struct Birth {
    std::optional<model::SigningAlgorithm> algorithm;  ///< nothing: a sealing key
    model::KeyState state = model::KeyState::next;
  };
  std::vector<model::KeyRecord> changed;  ///< in this order: what retires before what takes its place
  std::vector<std::string> removed;       ///< kids
  std::vector<Birth> births;              ///< after these
  bool is_full = false;                   ///< a key was to be made and there are kMostKeys

  [[nodiscard]] bool is_empty() const { return changed.empty() && removed.empty() && births.empty(); }
};

/// How long a key is published before it is used: a cache that was filled the moment before must have ended.
[[nodiscard]] std::chrono::seconds publication_time(std::chrono::seconds cache_lifetime);

/// The keys of a store as a server that starts `now` has them.
[[nodiscard]] std::vector<LivingKey> revive_keys(std::span<const model::KeyRecord> records, KeyClock now);

/// One step of the keys' lives. There is one active key that signs, and with `seals` one that seals. A next key becomes
/// active when it was published for as long as caches may live; what is active retires then, and a retired key is
/// removed when its last token has ended. Where there is no active key a new one is active at once. Sealing keys are
/// published nowhere and need no time for it. Another algorithm is one more reason for a next key. Pure.
[[nodiscard]] KeySteps plan_keys(std::span<const LivingKey> keys, const KeyPolicy& policy, KeyClock now,
                                 Rotation rotation);

/// How long until plan_keys() has something to do with Rotation::due, not less than nothing; nothing where it never
/// will. Next keys that were not published yet are not counted.
[[nodiscard]] std::optional<KeyClock::Steady::duration> until_next_step(std::span<const LivingKey> keys,
                                                                        const KeyPolicy& policy, KeyClock now);

/// `record` of a next key that is published from `now` on, given the key that is active meanwhile, if any.
[[nodiscard]] LivingKey publish_key(const model::KeyRecord& record, const model::KeyRecord* active, KeyClock now);

/// The active key of that use, nullptr where there is none. Of several, which an older server may have left, it is the
/// one of `algorithm`, else the one that was the last to be used first.
[[nodiscard]] const LivingKey* find_active(std::span<const LivingKey> keys,
                                           std::optional<model::SigningAlgorithm> algorithm);

}  // namespace certbound::app
