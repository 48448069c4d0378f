#include "app/key_life.hpp"

#include <algorithm>

namespace certbound::app {

namespace {

using model::KeyRecord;
using model::KeyState;
using std::chrono::seconds;
using Steady = KeyClock::Steady;

/// The keys of one use: what signs, or what seals.
class Line {
 public:
  Line(std::span<const LivingKey> keys, const KeyPolicy& policy, KeyClock now, bool is_sealing)
      : keys_{keys}, policy_{policy}, now_{now}, is_sealing_{is_sealing} {
    if (!is_sealing) algorithm_ = policy.algorithm;
    active_ = find_active(keys, algorithm_);
    const auto fits = [this](const LivingKey& key) {
      return is_of_line(key) && key.record.state == KeyState::next && key.record.algorithm == algorithm_;
    };
    const auto found = std::find_if(keys.begin(), keys.end(), fits);
    if (is_wanted() && found != keys.end()) next_ = &*found;
  }

  void plan(Rotation rotation, KeySteps& steps) const {
    drop(steps);
    if (!is_wanted()) {
      if (active_ != nullptr) retire(*active_, steps);
    } else if (active_ == nullptr || rotation == Rotation::forced || is_next_known()) {
      replace(steps);
    } else if (next_ == nullptr && (rotation == Rotation::asked || is_rotation_due())) {
      if (publication().count() == 0) {
        replace(steps);
      } else {
        bear(KeyState::next, steps);
      }
    }
    stretch(steps);
  }

  [[nodiscard]] bool has_next() const { return next_ != nullptr; }

  /// The end of time where nothing is due.
  [[nodiscard]] Steady next_step() const {
    Steady first = Steady::max();
    for (const LivingKey& key : keys_) {
      if (is_of_line(key) && key.record.state == KeyState::retired) first = std::min(first, key.from);
    }
    if (!is_wanted()) return active_ == nullptr ? first : now_.steady;
    if (active_ == nullptr) return now_.steady;
    if (next_ != nullptr) return std::min(first, next_->from);
    if (keys_.size() >= kMostKeys) return first;
    return std::min(first, rotation_time());
  }

 private:
  [[nodiscard]] bool is_wanted() const { return !is_sealing_ || policy_.seals; }
  [[nodiscard]] bool is_of_line(const LivingKey& key) const { return key.record.is_sealing() == is_sealing_; }
  [[nodiscard]] seconds publication() const {
    if (is_sealing_) return seconds{0};
    return publication_time(std::max(active_->record.cache_lifetime, policy_.cache_lifetime));
  }

  /// When the next key has to be made.
  [[nodiscard]] Steady rotation_time() const {
    if (active_->record.algorithm != algorithm_) return now_.steady;
    if (policy_.rotation_interval.count() == 0) return Steady::max();
    return active_->from + std::max(policy_.rotation_interval - publication(), seconds{0});
  }
  /// May every cache of the key set know the next key?
  [[nodiscard]] bool is_next_known() const { return next_ != nullptr && next_->from <= now_.steady; }
  [[nodiscard]] bool is_rotation_due() const { return rotation_time() <= now_.steady; }

  /// What has no part in the line any more.
  void drop(KeySteps& steps) const {
    for (const LivingKey& key : keys_) {
      if (!is_of_line(key)) continue;
      const bool is_over = key.record.state == KeyState::retired && key.from <= now_.steady;
      // Nothing was ever signed with it.
      const bool is_unwanted = key.record.state == KeyState::next && &key != next_;
      if (is_over || is_unwanted) steps.removed.push_back(key.record.kid);
      if (key.record.state == KeyState::active && &key != active_) retire(key, steps);
    }
  }

  void retire(const LivingKey& key, KeySteps& steps) const {
    KeyRecord record = key.record;
    record.state = KeyState::retired;
    record.token_lifetime = std::max(record.token_lifetime, policy_.token_lifetime);
    record.retired_at = now_.wall;
    record.remove_at = now_.wall + record.token_lifetime + kClockSkew;
    steps.changed.push_back(std::move(record));
  }

  /// The next key, or a new one where there is none, takes the place of the active one.
  void replace(KeySteps& steps) const {
    if (next_ == nullptr && active_ != nullptr && is_full(steps)) return;
    if (active_ != nullptr) retire(*active_, steps);
    if (next_ == nullptr) return bear(KeyState::active, steps);
    KeyRecord record = next_->record;
    record.state = KeyState::active;
    record.used_from = now_.wall;
    steps.changed.push_back(std::move(record));
  }

  void bear(KeyState state, KeySteps& steps) const {
    if (state == KeyState::next && is_full(steps)) return;
    steps.births.push_back({algorithm_, state});
  }

  [[nodiscard]] bool is_full(KeySteps& steps) const {
    const bool is_full = keys_.size() - steps.removed.size() >= kMostKeys;
    steps.is_full = steps.is_full || is_full;
    return is_full;
  }

  /// Living keys remember the longest token and the longest cached key set of their time.
  void stretch(KeySteps& steps) const {
    for (const LivingKey* key : {active_, next_}) {
      if (key == nullptr) continue;
      const auto planned = std::find_if(steps.changed.begin(), steps.changed.end(),
                                        [key](const KeyRecord& record) { return record.kid == key->record.kid; });
      KeyRecord record = planned == steps.changed.end() ? key->record : *planned;
      if (record.state == KeyState::retired) continue;
      record.token_lifetime = std::max(record.token_lifetime, policy_.token_lifetime);
      record.cache_lifetime = std::max(record.cache_lifetime, policy_.cache_lifetime);
      if (planned != steps.changed.end()) {
        *planned = std::move(record);
      } else if (record != key->record) {
        steps.changed.push_back(std::move(record));
      }
    }
  }

  std::span<const LivingKey> keys_;
  const KeyPolicy& policy_;
  KeyClock now_;
  bool is_sealing_;
  std::optional<model::SigningAlgorithm> algorithm_;
  const LivingKey* active_ = nullptr;
  const LivingKey* next_ = nullptr;
};

/// The time that is left until `time`, which was set no earlier than `longest` before it: where the wall clock says
/// that more is left, it was set back meanwhile.
seconds left_until(WallTime time, WallTime now, seconds longest) {
  return std::clamp(std::chrono::duration_cast<seconds>(time - now), seconds{0}, longest);
}

}  // namespace

KeyClock read_key_clock() { return {wall_now(), std::chrono::steady_clock::now()}; }

seconds publication_time(seconds cache_lifetime) {
  // What was cached last was on its way for a while.
  return cache_lifetime + std::max(seconds{1}, cache_lifetime / 10);
}

const LivingKey* find_active(std::span<const LivingKey> keys, std::optional<model::SigningAlgorithm> algorithm) {
  const LivingKey* found = nullptr;
  const auto rank = [algorithm](const LivingKey& key) {
    return std::pair{key.record.algorithm == algorithm, key.record.used_from};
  };
  for (const LivingKey& key : keys) {
    if (key.record.state != KeyState::active || key.record.is_sealing() != !algorithm) continue;
    if (found == nullptr || rank(*found) < rank(key)) found = &key;
  }
  return found;
}

LivingKey publish_key(const KeyRecord& record, const KeyRecord* active, KeyClock now) {
  const seconds cache = std::max(record.cache_lifetime, active != nullptr ? active->cache_lifetime : seconds{0});
  const seconds time = publication_time(cache);
  LivingKey published{record, now.steady + time};
  published.record.used_from = now.wall + time;
  return published;
}

std::vector<LivingKey> revive_keys(std::span<const KeyRecord> records, KeyClock now) {
  std::vector<LivingKey> keys;
  seconds longest_cache{0};
  for (const KeyRecord& record : records) longest_cache = std::max(longest_cache, record.cache_lifetime);
  for (const KeyRecord& record : records) {
    LivingKey key{record, Steady::max()};
    if (record.state == KeyState::retired) {
      key.from = now.steady + left_until(record.remove_at, now.wall, record.token_lifetime + kClockSkew);
    } else if (record.state == KeyState::active) {
      key.from = now.steady - std::max(std::chrono::duration_cast<seconds>(now.wall - record.used_from), seconds{0});
    } else if (record.used_from != WallTime{}) {
      key.from = now.steady + left_until(record.used_from, now.wall, publication_time(longest_cache));
    }
    keys.push_back(std::move(key));
  }
  return keys;
}

KeySteps plan_keys(std::span<const LivingKey> keys, const KeyPolicy& policy, KeyClock now, Rotation rotation) {
  KeySteps steps;
  const Line signing{keys, policy, now, false};
  signing.plan(rotation, steps);
  // Who asks again while the next key waits has both already: the one that seals took its place at once.
  const bool is_asked_again = rotation == Rotation::asked && signing.has_next();
  Line{keys, policy, now, true}.plan(is_asked_again ? Rotation::due : rotation, steps);
  return steps;
}

std::optional<Steady::duration> until_next_step(std::span<const LivingKey> keys, const KeyPolicy& policy,
                                                KeyClock now) {
  const Steady first = std::min(Line{keys, policy, now, false}.next_step(), Line{keys, policy, now, true}.next_step());
  if (first == Steady::max()) return std::nullopt;
  return std::max(first - now.steady, Steady::duration::zero());
}

}  // namespace certbound::app
