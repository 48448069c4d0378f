#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "app/key_life.hpp"
#include "app/key_protection.hpp"
#include "crypto/handle.hpp"
#include "oauth/snapshot.hpp"
#include "store/key_store.hpp"

namespace certbound::app {

/// The keys as a snapshot has them.
struct SnapshotKeys {
  std::vector<oauth::SigningKey> signing;  ///< oldest first
  std::vector<oauth::SealingKey> sealing;  ///< the active one first
};

/// The keys of the state directory: what is stored, and what it is for. One step is made in three parts, so that
/// nothing is used before it is stored, and nothing stored before it was tried: plan(), then the snapshot of its keys
/// is built and tried, then store(), then that snapshot is published, then note_published(). Main thread only.
class KeyRing {
 public:
  /// Reads all. Errors: as KeyStore and KeyProtection::reveal(); `server_error` where a key cannot be read.
  [[nodiscard]] static Result<KeyRing> load(store::KeyStore& store, KeyProtection protection, KeyClock now);

  /// A key with both its halves, as far as they are there.
  struct Key {
    store::StoredKey stored;
    KeyClock::Steady from{};             ///< as of LivingKey
    std::shared_ptr<EVP_PKEY> key_pair;  ///< null of a sealing key; without private half where it is retired
    crypto::Secret sealing;              ///< of a sealing key
  };

  /// What store() would do.
  struct Plan {
    std::vector<Key> keys;  ///< all, as they are afterwards
    std::vector<store::StoredKey> put;
    std::vector<std::string> removed;
    bool is_full = false;  ///< as of KeySteps

    [[nodiscard]] bool is_empty() const { return put.empty() && removed.empty(); }
    [[nodiscard]] SnapshotKeys snapshot_keys() const;
    /// The key that signs, and the one that is to sign, where one waits.
    [[nodiscard]] const Key& signing_key() const;
    [[nodiscard]] const Key* next_key() const;
  };

  /// As plan_keys(). Makes the keys that are to be made. Errors: `server_error`.
  [[nodiscard]] Result<Plan> plan(const KeyPolicy& policy, KeyClock now, Rotation rotation) const;

  /// In one transaction. Errors: as KeyStore; then nothing was changed.
  [[nodiscard]] Result<void> store(Plan plan);

  /// Every worker publishes what was stored last: the time of new keys begins. Errors: as KeyStore; then it has not
  /// begun, and the next call begins it.
  [[nodiscard]] Result<void> note_published(KeyClock now);

  /// Encrypts what lies plain in the store, where there is a key for that. Errors: as KeyStore.
  [[nodiscard]] Result<void> protect_all();

  /// As until_next_step().
  [[nodiscard]] std::optional<KeyClock::Steady::duration> until_due(const KeyPolicy& policy, KeyClock now) const;

  /// Is a new key due for which there is no room?
  [[nodiscard]] bool is_held_up(const KeyPolicy& policy, KeyClock now) const;

  /// Without secrets.
  [[nodiscard]] std::vector<model::KeyRecord> records() const;

  /// As they are now; to be stored there is nothing.
  [[nodiscard]] Plan current() const;

 private:
  KeyRing(store::KeyStore& store, KeyProtection protection) : store_{&store}, protection_{std::move(protection)} {}
  [[nodiscard]] Result<Key> make_key(const KeySteps::Birth& birth, const KeyPolicy& policy, KeyClock now) const;
  void erase_remains();

  store::KeyStore* store_;
  KeyProtection protection_;
  std::vector<Key> keys_;  // oldest first
};

}  // namespace certbound::app
