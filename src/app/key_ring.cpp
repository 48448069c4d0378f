#include "app/key_ring.hpp"

#include <algorithm>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "base/log.hpp"
#include "crypto/aead.hpp"
#include "crypto/key.hpp"
#include "crypto/random.hpp"
#include "jose/jwk.hpp"
#include "jose/jws_sign.hpp"

namespace certbound::app {

namespace {

using model::KeyState;
using Key = KeyRing::Key;
using Plan = KeyRing::Plan;

std::vector<LivingKey> lives_of(const std::vector<Key>& keys) {
  std::vector<LivingKey> lives;
  lives.reserve(keys.size());
  for (const Key& key : keys) lives.push_back({key.stored.record, key.from});
  return lives;
}

template <typename Keys>
auto* find_key(Keys& keys, const std::string& kid) {
  const auto found =
      std::find_if(keys.begin(), keys.end(), [&kid](const Key& key) { return key.stored.record.kid == kid; });
  return found == keys.end() ? nullptr : &*found;
}

/// Its kid and both halves, of nothing else.
Result<Key> make_signing_key(model::SigningAlgorithm algorithm) {
  auto pair = crypto::make_key(jose::key_type_for(algorithm));
  if (!pair) return std::move(pair).error();
  const auto thumbprint = jose::key_thumbprint(**pair);
  if (!thumbprint) return thumbprint.error();
  auto pkcs8 = crypto::to_pkcs8(**pair);
  if (!pkcs8) return std::move(pkcs8).error();
  auto public_key = crypto::to_public_der(**pair);
  if (!public_key) return std::move(public_key).error();
  model::KeyRecord record;
  record.kid = thumbprint->to_base64url();
  record.algorithm = algorithm;
  Key key{{std::move(record), *std::move(pkcs8), *std::move(public_key)}, {}, *std::move(pair), {}};
  return key;
}

Result<Key> make_sealing_key() {
  Bytes octets(crypto::kAes256KeyOctets);
  if (auto filled = crypto::fill_random(octets); !filled) return std::move(filled).error();
  auto kid = crypto::random_id();
  if (!kid) return std::move(kid).error();
  const crypto::Secret secret{std::move(octets)};
  model::KeyRecord record;
  record.kid = *std::move(kid);
  Key key{{std::move(record), secret}, {}, nullptr, secret};
  return key;
}

Result<Key> open_key(store::StoredKey stored, const KeyProtection& protection) {
  auto secret = protection.reveal(stored);
  if (!secret) return std::move(secret).error();
  Key key{std::move(stored), {}, nullptr, {}};
  if (key.stored.record.is_sealing()) {
    if (secret->expose().size() != crypto::kAes256KeyOctets) {
      return internal_error("stored key " + key.stored.record.kid + ": a sealing key of a wrong length");
    }
    key.sealing = *std::move(secret);
    return key;
  }
  auto pair = secret->expose().empty() ? crypto::parse_public_der(key.stored.public_key)
                                       : crypto::parse_pkcs8(secret->expose());
  if (!pair) return std::move(pair).error();
  key.key_pair = *std::move(pair);
  return key;
}

/// A signing key that signs no more needs no private half; whoever steals the store later gets none.
Result<void> forget_private_half(Key& key) {
  if (key.stored.record.is_sealing()) return {};
  if (key.stored.public_key.empty()) {
    auto der = crypto::to_public_der(*key.key_pair);
    if (!der) return std::move(der).error();
    key.stored.public_key = *std::move(der);
  }
  auto public_half = crypto::parse_public_der(key.stored.public_key);
  if (!public_half) return std::move(public_half).error();
  key.key_pair = *std::move(public_half);
  key.stored.secret = crypto::Secret{};
  key.stored.record.is_encrypted = false;
  return {};
}

bool is_older_key(const Key& a, const Key& b) {
  const model::KeyRecord& left = a.stored.record;
  const model::KeyRecord& right = b.stored.record;
  return std::tie(left.created_at, left.kid) < std::tie(right.created_at, right.kid);
}

void log_change(const char* event, const model::KeyRecord& record) {
  log::info(event, {{"kid", record.kid}, {"algorithm", algorithm_name(record)}, {"state", name(record.state)}});
}

/// Since when, or until when, a key in its new state is there.
KeyClock::Steady from_of(const model::KeyRecord& record, KeyClock now) {
  if (record.state == KeyState::active) return now.steady;
  return record.state == KeyState::retired ? now.steady + (record.remove_at - now.wall) : KeyClock::Steady::max();
}

const Key* find_signing(const std::vector<Key>& keys, KeyState state) {
  const auto found = std::find_if(keys.begin(), keys.end(), [state](const Key& key) {
    return !key.stored.record.is_sealing() && key.stored.record.state == state;
  });
  return found == keys.end() ? nullptr : &*found;
}

}  // namespace

SnapshotKeys Plan::snapshot_keys() const {
  SnapshotKeys out;
  for (const Key& key : keys) {
    const model::KeyRecord& record = key.stored.record;
    if (record.is_sealing()) {
      const bool is_active = record.state == KeyState::active;
      out.sealing.insert(is_active ? out.sealing.begin() : out.sealing.end(), {record.kid, key.sealing});
    } else {
      out.signing.push_back({{record.kid, *record.algorithm, record.state, record.created_at}, key.key_pair});
    }
  }
  return out;
}

const Key& Plan::signing_key() const {
  const Key* found = find_signing(keys, KeyState::active);
  // plan_keys() leaves one.
  if (found == nullptr) throw std::logic_error{"a plan without an active signing key"};
  return *found;
}

const Key* Plan::next_key() const { return find_signing(keys, KeyState::next); }

Result<KeyRing> KeyRing::load(store::KeyStore& store, KeyProtection protection, KeyClock now) {
  auto stored = store.load_keys();
  if (!stored) return std::move(stored).error();
  std::vector<model::KeyRecord> records;
  for (const store::StoredKey& key : *stored) records.push_back(key.record);
  const std::vector<LivingKey> lives = revive_keys(records, now);
  KeyRing ring{store, std::move(protection)};
  for (std::size_t i = 0; i < stored->size(); ++i) {
    auto key = open_key(std::move((*stored)[i]), ring.protection_);
    if (!key) return std::move(key).error();
    key->from = lives[i].from;
    ring.keys_.push_back(*std::move(key));
  }
  return ring;
}

Result<Key> KeyRing::make_key(const KeySteps::Birth& birth, const KeyPolicy& policy, KeyClock now) const {
  auto key = birth.algorithm ? make_signing_key(*birth.algorithm) : make_sealing_key();
  if (!key) return key;
  model::KeyRecord& record = key->stored.record;
  record.state = birth.state;
  record.created_at = now.wall;
  if (birth.state == KeyState::active) record.used_from = now.wall;
  record.token_lifetime = policy.token_lifetime;
  record.cache_lifetime = policy.cache_lifetime;
  key->from = from_of(record, now);
  if (auto done = protection_.protect(key->stored); !done) return std::move(done).error();
  return key;
}

Result<Plan> KeyRing::plan(const KeyPolicy& policy, KeyClock now, Rotation rotation) const {
  KeySteps steps = plan_keys(lives_of(keys_), policy, now, rotation);
  Plan plan;
  plan.keys = keys_;
  plan.is_full = steps.is_full;
  for (model::KeyRecord& record : steps.changed) {
    Key& key = *find_key(plan.keys, record.kid);
    const bool is_new_state = key.stored.record.state != record.state;
    key.stored.record = std::move(record);
    if (is_new_state) key.from = from_of(key.stored.record, now);
    if (key.stored.record.state == KeyState::retired) {
      if (auto forgotten = forget_private_half(key); !forgotten) return std::move(forgotten).error();
    }
    plan.put.push_back(key.stored);
  }
  for (const KeySteps::Birth& birth : steps.births) {
    auto key = make_key(birth, policy, now);
    if (!key) return std::move(key).error();
    plan.put.push_back(key->stored);
    plan.keys.push_back(*std::move(key));
  }
  std::erase_if(plan.keys, [&steps](const Key& key) {
    return std::find(steps.removed.begin(), steps.removed.end(), key.stored.record.kid) != steps.removed.end();
  });
  std::sort(plan.keys.begin(), plan.keys.end(), &is_older_key);
  plan.removed = std::move(steps.removed);
  return plan;
}

Result<void> KeyRing::store(Plan plan) {
  if (plan.is_empty()) return {};
  if (auto stored = store_->change_keys(plan.put, plan.removed); !stored) return stored;
  bool has_forgotten = !plan.removed.empty();
  for (const store::StoredKey& key : plan.put) {
    const Key* before = find_key(keys_, key.record.kid);
    if (before == nullptr) {
      log_change("token_key_made", key.record);
    } else if (before->stored.record.state != key.record.state) {
      log_change("token_key_changed", key.record);
      has_forgotten = has_forgotten || key.record.state == KeyState::retired;
    }
  }
  for (const std::string& kid : plan.removed) log_change("token_key_removed", find_key(keys_, kid)->stored.record);
  keys_ = std::move(plan.keys);
  if (has_forgotten) erase_remains();
  return {};
}

Result<void> KeyRing::note_published(KeyClock now) {
  std::vector<Key> keys = keys_;
  const Key* const active = find_signing(keys, KeyState::active);
  std::vector<store::StoredKey> put;
  for (Key& key : keys) {
    if (key.stored.record.state != KeyState::next || key.from != KeyClock::Steady::max()) continue;
    const LivingKey published =
        publish_key(key.stored.record, active == nullptr ? nullptr : &active->stored.record, now);
    key.stored.record = published.record;
    key.from = published.from;
    put.push_back(key.stored);
  }
  if (put.empty()) return {};
  if (auto stored = store_->change_keys(put, {}); !stored) return stored;
  keys_ = std::move(keys);
  for (const store::StoredKey& key : put) {
    log::info("token_key_published", {{"kid", key.record.kid},
                                      {"algorithm", algorithm_name(key.record)},
                                      {"used_from", to_rfc3339(key.record.used_from)}});
    if (active == nullptr || active->stored.record.algorithm == key.record.algorithm) continue;
    log::info("signing_algorithm_changes", {{"algorithm", algorithm_name(key.record)},
                                            {"used_from", to_rfc3339(key.record.used_from)},
                                            {"until_then", algorithm_name(active->stored.record)}});
  }
  return {};
}

Result<void> KeyRing::protect_all() {
  std::vector<Key> keys = keys_;
  std::vector<store::StoredKey> put;
  for (Key& key : keys) {
    const bool was_encrypted = key.stored.record.is_encrypted;
    if (auto done = protection_.protect(key.stored); !done) return done;
    if (key.stored.record.is_encrypted != was_encrypted) put.push_back(key.stored);
  }
  if (put.empty()) return {};
  if (auto stored = store_->change_keys(put, {}); !stored) return stored;
  keys_ = std::move(keys);
  log::info("token_keys_encrypted", {{"count", put.size()}});
  erase_remains();
  return {};
}

void KeyRing::erase_remains() {
  if (const auto erased = store_->erase_remains(); !erased) {
    log::warning("token_key_remains", {{"detail", erased.error().detail}});
  }
}

Plan KeyRing::current() const {
  Plan plan;
  plan.keys = keys_;
  return plan;
}

bool KeyRing::is_held_up(const KeyPolicy& policy, KeyClock now) const {
  return plan_keys(lives_of(keys_), policy, now, Rotation::due).is_full;
}

std::vector<model::KeyRecord> KeyRing::records() const {
  std::vector<model::KeyRecord> records;
  records.reserve(keys_.size());
  for (const Key& key : keys_) records.push_back(key.stored.record);
  return records;
}

std::optional<KeyClock::Steady::duration> KeyRing::until_due(const KeyPolicy& policy, KeyClock now) const {
  return until_next_step(lives_of(keys_), policy, now);
}

}  // namespace certbound::app
