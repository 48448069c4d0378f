#pragma once

#include <chrono>
#include <functional>
#include <optional>

#include <nlohmann/json_fwd.hpp>

#include "app/key_gauges.hpp"
#include "app/key_ring.hpp"

namespace certbound::app {

/// Keeps the keys of a running server alive: does what is due to them, what the operator asks for, and what another
/// configuration needs; each change reaches every worker before the next one. Main thread only.
class KeyRotation {
 public:
  using Publish = std::function<void()>;
  /// Builds and tries a snapshot with these keys. What it returns publishes that on every worker, and cannot fail.
  using Prepare = std::function<Result<Publish>(SnapshotKeys keys)>;
  using Clock = KeyClock (*)();

  /// `registry` outlives it.
  KeyRotation(KeyRing ring, Prepare prepare, metrics::Registry& registry, Clock clock = &read_key_clock)
      : ring_{std::move(ring)}, prepare_{std::move(prepare)}, clock_{clock}, gauges_{registry} {}

  /// The keys for a generation with this policy; nothing has changed yet. Errors: as KeyRing::plan().
  [[nodiscard]] Result<KeyRing::Plan> plan(const KeyPolicy& policy) const {
    return ring_.plan(policy, clock_(), Rotation::due);
  }
  /// … is going to be published: from now on the store has it. Where it is not published after all, the next
  /// do_due() publishes what is right then. Errors: as KeyRing::store().
  [[nodiscard]] Result<void> store(KeyRing::Plan plan);
  /// … is published.
  void note_published();
  /// As KeyRing::protect_all().
  [[nodiscard]] Result<void> protect_all() { return ring_.protect_all(); }

  /// Does what is due. Returns how long nothing will be; nothing for ever. What cannot be done now is logged, counted
  /// and tried again soon.
  [[nodiscard]] std::optional<std::chrono::milliseconds> do_due(const KeyPolicy& policy);

  /// The command `keys.rotate`. `arguments`: `now`, a boolean: at once, although caches may not know the new key. The
  /// answer: `kid`, `algorithm`, `state` and `used_from` of the new key, `replaces` (a kid), and `known_from` where
  /// caches may not know it before. Errors: `invalid_request` for other arguments, and where there are too many keys
  /// already; else as KeyRing.
  [[nodiscard]] Result<nlohmann::json> rotate(const KeyPolicy& policy, const nlohmann::json& arguments);

 private:
  [[nodiscard]] Result<void> change(const KeyPolicy& policy, Rotation rotation);
  [[nodiscard]] std::optional<std::chrono::milliseconds> try_due(const KeyPolicy& policy);
  void report_failure(const Error& error);
  void warn_of_no_room(const KeyPolicy& policy);
  void show(const KeyPolicy& policy);

  KeyRing ring_;
  Prepare prepare_;
  Clock clock_;
  KeyGauges gauges_;
  bool is_held_up_ = false;      // as it was logged
  bool is_unpublished_ = false;  // the store has what the workers do not
  KeyClock::Steady retry_at_{};
};

/// The keys of `store`, protected by the secret where there is one. Errors: as KeyRing::load().
[[nodiscard]] Result<KeyRotation> open_key_rotation(store::KeyStore& store,
                                                    const std::optional<crypto::Secret>& key_encryption_key,
                                                    metrics::Registry& registry, KeyRotation::Prepare prepare);

}  // namespace certbound::app
