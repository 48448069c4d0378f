#include "app/key_rotation.hpp"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/log.hpp"

namespace certbound::app {

namespace {

using std::chrono::milliseconds;

constexpr std::chrono::seconds kRetry{10};

Result<Rotation> read_rotation(const nlohmann::json& arguments) {
  Rotation rotation = Rotation::asked;
  for (const auto& [name, value] : arguments.items()) {
    if (name != "now" || !value.is_boolean()) return invalid_input("keys.rotate takes now, true or false, only");
    if (value.get<bool>()) rotation = Rotation::forced;
  }
  return rotation;
}

nlohmann::json describe_change(const model::KeyRecord& key, const model::KeyRecord& before) {
  return {{"kid", key.kid},
          {"algorithm", algorithm_name(key)},
          {"state", name(key.state)},
          {"used_from", to_rfc3339(key.used_from)},
          {"replaces", before.kid}};
}

}  // namespace

Result<void> KeyRotation::store(KeyRing::Plan plan) {
  auto stored = ring_.store(std::move(plan));
  if (stored) is_unpublished_ = true;
  return stored;
}

void KeyRotation::note_published() {
  is_unpublished_ = false;
  const KeyClock now = clock_();
  if (const auto noted = ring_.note_published(now); !noted) {
    report_failure(noted.error());
    retry_at_ = now.steady + kRetry;
  }
}

void KeyRotation::report_failure(const Error& error) {
  log::error("token_keys_not_changed", {{"detail", error.detail}});
  gauges_.count_failure();
}

/// Once, until there is room.
void KeyRotation::warn_of_no_room(const KeyPolicy& policy) {
  const bool was_held_up = std::exchange(is_held_up_, ring_.is_held_up(policy, clock_()));
  if (!is_held_up_ || was_held_up) return;
  gauges_.count_failure();
  log::warning("token_keys_full", {{"count", kMostKeys},
                                   {"detail", "a new key is due; it is made when the oldest retired one is removed"}});
}

void KeyRotation::show(const KeyPolicy& policy) {
  const KeyClock now = clock_();
  std::optional<WallTime> due;
  if (const auto left = ring_.until_due(policy, now)) due = now.wall + std::chrono::ceil<std::chrono::seconds>(*left);
  gauges_.show(ring_.records(), due, now.wall);
}

Result<void> KeyRotation::change(const KeyPolicy& policy, Rotation rotation) {
  auto plan = ring_.plan(policy, clock_(), rotation);
  if (!plan) return std::move(plan).error();
  if (!plan->is_empty() || is_unpublished_) {
    const auto publish = prepare_(plan->snapshot_keys());
    if (!publish) return publish.error();
    if (auto stored = store(*std::move(plan)); !stored) return stored;
    (*publish)();
    is_unpublished_ = false;
  }
  return ring_.note_published(clock_());
}

std::optional<milliseconds> KeyRotation::do_due(const KeyPolicy& policy) {
  const auto left = try_due(policy);
  warn_of_no_room(policy);
  show(policy);
  return left;
}

std::optional<milliseconds> KeyRotation::try_due(const KeyPolicy& policy) {
  const KeyClock now = clock_();
  if (now.steady < retry_at_) return std::chrono::ceil<milliseconds>(retry_at_ - now.steady);
  const bool is_retry = std::exchange(retry_at_, {}) != KeyClock::Steady{};
  const auto wait = ring_.until_due(policy, now);
  if (is_retry || is_unpublished_ || (wait && wait->count() == 0)) {
    if (const auto changed = change(policy, Rotation::due); !changed) {
      report_failure(changed.error());
      retry_at_ = now.steady + kRetry;
      return kRetry;
    }
  }
  const auto left = ring_.until_due(policy, clock_());
  return left ? std::optional{std::chrono::ceil<milliseconds>(*left)} : std::nullopt;
}

Result<nlohmann::json> KeyRotation::rotate(const KeyPolicy& policy, const nlohmann::json& arguments) {
  const auto rotation = read_rotation(arguments);
  if (!rotation) return rotation.error();
  const KeyRing::Plan before = ring_.current();
  const KeyRing::Key* const waiting = before.next_key();
  if (waiting == nullptr && before.keys.size() >= kMostKeys) {
    return invalid_input("there are " + std::to_string(before.keys.size()) +
                         " keys already; ask again when the oldest is removed (certbound keys list)");
  }
  const KeyClock now = clock_();
  const bool is_known = waiting != nullptr && waiting->from <= now.steady;
  if (auto changed = change(policy, *rotation); !changed) return std::move(changed).error();
  show(policy);
  const KeyRing::Plan after = ring_.current();
  const model::KeyRecord& old = before.signing_key().stored.record;
  const model::KeyRecord& signing = after.signing_key().stored.record;
  if (signing.kid == old.kid) return describe_change(after.next_key()->stored.record, old);
  nlohmann::json answer = describe_change(signing, old);
  if (*rotation == Rotation::forced && !is_known) {
    const auto known = now.wall + publication_time(std::max(old.cache_lifetime, policy.cache_lifetime));
    answer["known_from"] = to_rfc3339(known);
    log::warning("signing_key_not_known_yet", {{"kid", signing.kid}, {"known_from", to_rfc3339(known)}});
  }
  return answer;
}

Result<KeyRotation> open_key_rotation(store::KeyStore& store, const std::optional<crypto::Secret>& key_encryption_key,
                                      metrics::Registry& registry, KeyRotation::Prepare prepare) {
  KeyProtection protection;
  if (key_encryption_key) {
    auto made = KeyProtection::make(*key_encryption_key);
    if (!made) return std::move(made).error();
    protection = *std::move(made);
  }
  auto ring = KeyRing::load(store, std::move(protection), read_key_clock());
  if (!ring) return std::move(ring).error();
  return KeyRotation{*std::move(ring), std::move(prepare), registry};
}

}  // namespace certbound::app
