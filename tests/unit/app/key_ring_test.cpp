#include "app/key_ring.hpp"

#include <gtest/gtest.h>

#include "crypto/key.hpp"
#include "jose/jwk.hpp"
#include "unit/app/key_fixture.hpp"

namespace certbound::app {

namespace {

using model::KeyState;
using model::SigningAlgorithm;
using std::chrono::seconds;

constexpr KeyClock kLoadedAt{WallTime{seconds{1700000000}}, KeyClock::Steady{std::chrono::hours{5}}};

KeyClock after(seconds time) { return {kLoadedAt.wall + time, kLoadedAt.steady + time}; }

bool has_private_half(EVP_PKEY& key) { return crypto::to_pkcs8(key).has_value(); }

class KeyRingTest : public testing::Test {
 protected:
  KeyRing load(const KeyProtection& protection = {}, KeyClock now = kLoadedAt) {
    return take_or_throw(KeyRing::load(keys_, protection, now));
  }

  KeyRing::Plan run(KeyRing& ring, KeyClock now, Rotation rotation = Rotation::due) {
    const KeyRing::Plan plan = take_or_throw(ring.plan(policy_, now, rotation));
    EXPECT_TRUE(ring.store(plan));
    EXPECT_TRUE(ring.note_published(now));
    return plan;
  }

  std::vector<store::StoredKey> stored() { return take_or_throw(keys_.load_keys()); }

  std::unique_ptr<store::Store> store_ = take_or_throw(store::memory::make_memory_store());
  UnsteadyKeys keys_{store_->keys()};
  KeyPolicy policy_{SigningAlgorithm::es256, false, std::chrono::hours{24}, seconds{600}, seconds{300}};
};

KeyProtection make_protection(std::uint8_t octet) {
  return take_or_throw(KeyProtection::make(crypto::Secret{Bytes(32, octet)}));
}

}  // namespace

// Product section 6: made on the first start, kept in the store.
TEST_F(KeyRingTest, MakesAKeyOnceAndThenUsesIt) {
  KeyRing first = load();
  const SnapshotKeys made = run(first, kLoadedAt).snapshot_keys();
  KeyRing second = load();
  const SnapshotKeys found = run(second, kLoadedAt).snapshot_keys();

  ASSERT_EQ(made.signing.size(), 1U);
  ASSERT_EQ(found.signing.size(), 1U);
  EXPECT_EQ(found.signing[0].record, made.signing[0].record);
  EXPECT_EQ(found.signing[0].record.state, KeyState::active);
  EXPECT_EQ(found.signing[0].record.created_at, kLoadedAt.wall);
  EXPECT_EQ(EVP_PKEY_eq(found.signing[0].key.get(), made.signing[0].key.get()), 1);
  EXPECT_EQ(found.signing[0].record.kid, jose::key_thumbprint(*found.signing[0].key)->to_base64url());
  EXPECT_TRUE(found.sealing.empty());
}

TEST_F(KeyRingTest, StoresNothingBeforeItIsTold) {
  const KeyRing ring = load();
  EXPECT_FALSE(take_or_throw(ring.plan(policy_, kLoadedAt, Rotation::due)).is_empty());
  EXPECT_TRUE(stored().empty());
}

TEST_F(KeyRingTest, MakesKeysOfEachAlgorithm) {
  for (const auto algorithm :
       {SigningAlgorithm::es256, SigningAlgorithm::eddsa, SigningAlgorithm::ps256, SigningAlgorithm::rs256}) {
    policy_.algorithm = algorithm;
    KeyRing ring = load();
    const KeyRing::Plan plan = run(ring, kLoadedAt, Rotation::forced);
    EXPECT_EQ(plan.signing_key().stored.record.algorithm, algorithm);
  }
  EXPECT_EQ(stored().size(), 4U);
}

// A thief of the store gets no key of the past.
TEST_F(KeyRingTest, ForgetsThePrivateHalfOfARetiredKey) {
  KeyRing ring = load();
  run(ring, kLoadedAt);
  const auto before = stored();
  ASSERT_FALSE(before[0].secret.expose().empty());
  const KeyRing::Plan plan = run(ring, after(seconds{1}), Rotation::forced);
  ASSERT_EQ(states_of(plan), "retired active ");
  EXPECT_TRUE(stored()[0].secret.expose().empty());
  EXPECT_FALSE(stored()[0].public_key.empty());
  EXPECT_FALSE(has_private_half(*plan.keys[0].key_pair));
  EXPECT_TRUE(has_private_half(*plan.keys[1].key_pair));

  const KeyRing again = load();
  const SnapshotKeys keys = again.current().snapshot_keys();
  ASSERT_EQ(keys.signing.size(), 2U);
  EXPECT_EQ(jose::key_thumbprint(*keys.signing[0].key)->to_base64url(), before[0].record.kid);
}

// As the older schema had it: the public half follows from the private one.
TEST_F(KeyRingTest, RetiresAKeyThatWasStoredWithoutItsPublicHalf) {
  KeyRing ring = load();
  run(ring, kLoadedAt);
  auto old = stored();
  old[0].public_key.clear();
  ASSERT_TRUE(keys_.change_keys(old, {}));
  KeyRing again = load();
  run(again, after(seconds{1}), Rotation::forced);
  EXPECT_FALSE(stored()[0].public_key.empty());
}

TEST_F(KeyRingTest, BeginsTheTimeOfANextKeyWhenItIsPublished) {
  KeyRing ring = load();
  run(ring, kLoadedAt);
  ASSERT_TRUE(ring.store(take_or_throw(ring.plan(policy_, after(seconds{1}), Rotation::asked))));
  EXPECT_EQ(stored()[1].record.used_from, WallTime{});
  ASSERT_TRUE(ring.note_published(after(seconds{50})));
  EXPECT_EQ(stored()[1].record.used_from, kLoadedAt.wall + seconds{50 + 330});
  EXPECT_EQ(ring.until_due(policy_, after(seconds{50})), std::optional{seconds{330}});
  const int writes = keys_.writes;
  ASSERT_TRUE(ring.note_published(after(seconds{60})));
  EXPECT_EQ(keys_.writes, writes);
}

// Crash between the two: the key was stored, and nobody knows whether it was ever published.
TEST_F(KeyRingTest, PublishesAgainWhatACrashLeftUnpublished) {
  KeyRing ring = load();
  run(ring, kLoadedAt);
  ASSERT_TRUE(ring.store(take_or_throw(ring.plan(policy_, after(seconds{1}), Rotation::asked))));
  const KeyClock later = after(std::chrono::hours{2});
  KeyRing again = load({}, later);
  EXPECT_EQ(states_of(run(again, later)), "active next ");
  EXPECT_EQ(again.until_due(policy_, later), std::optional{seconds{330}});
}

TEST_F(KeyRingTest, ChangesNothingThatCannotBeStored) {
  KeyRing ring = load();
  run(ring, kLoadedAt);
  const std::string before = ring.current().signing_key().stored.record.kid;
  keys_.is_broken = true;
  EXPECT_FALSE(ring.store(take_or_throw(ring.plan(policy_, kLoadedAt, Rotation::forced))));
  EXPECT_EQ(ring.current().signing_key().stored.record.kid, before);
  keys_.is_broken = false;
  ASSERT_TRUE(ring.store(take_or_throw(ring.plan(policy_, after(seconds{1}), Rotation::asked))));
  keys_.is_broken = true;
  EXPECT_FALSE(ring.note_published(kLoadedAt));
  keys_.is_broken = false;
  ASSERT_TRUE(ring.note_published(after(seconds{9})));
  EXPECT_EQ(stored()[1].record.used_from, kLoadedAt.wall + seconds{9 + 330});
}

TEST_F(KeyRingTest, RefusesAKeyThatCannotBeRead) {
  model::KeyRecord record;
  record.kid = "damaged";
  record.algorithm = SigningAlgorithm::es256;
  record.state = KeyState::active;
  ASSERT_TRUE(keys_.change_keys(std::vector{store::StoredKey{record, crypto::Secret{Bytes{0x30, 0x00}}}}, {}));
  EXPECT_FALSE(KeyRing::load(keys_, {}, kLoadedAt));
  record.algorithm = std::nullopt;  // a sealing key of two octets
  ASSERT_TRUE(keys_.change_keys(std::vector{store::StoredKey{record, crypto::Secret{Bytes{0x30, 0x00}}}}, {}));
  EXPECT_FALSE(KeyRing::load(keys_, {}, kLoadedAt));
}

TEST_F(KeyRingTest, KeepsKeysThatSeal) {
  policy_.seals = true;
  KeyRing ring = load();
  run(ring, kLoadedAt);
  const SnapshotKeys keys = run(ring, after(seconds{1}), Rotation::forced).snapshot_keys();
  ASSERT_EQ(keys.sealing.size(), 2U);
  EXPECT_EQ(keys.sealing[0].key.expose().size(), 32U);
  EXPECT_EQ(keys.sealing[0].kid.size(), 22U);
  EXPECT_NE(keys.sealing[0].kid, keys.sealing[1].kid);
  EXPECT_FALSE(std::equal(keys.sealing[0].key.expose().begin(), keys.sealing[0].key.expose().end(),
                          keys.sealing[1].key.expose().begin()));
  EXPECT_EQ(keys.signing.size(), 2U);

  // The retired one still opens tokens after a restart; the active one is the first.
  const SnapshotKeys again = load().current().snapshot_keys();
  ASSERT_EQ(again.sealing.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(again.sealing[i].kid, keys.sealing[i].kid);
    EXPECT_TRUE(std::equal(again.sealing[i].key.expose().begin(), again.sealing[i].key.expose().end(),
                           keys.sealing[i].key.expose().begin()));
  }
}

TEST_F(KeyRingTest, EncryptsWhatItStores) {
  policy_.seals = true;
  KeyRing ring = load(make_protection(1));
  run(ring, kLoadedAt);
  run(ring, kLoadedAt, Rotation::asked);
  for (const store::StoredKey& key : stored()) {
    EXPECT_TRUE(key.record.is_encrypted) << key.record.kid;
    EXPECT_FALSE(crypto::parse_pkcs8(key.secret.expose()));
  }
  const KeyRing again = load(make_protection(1));
  EXPECT_EQ(again.current().keys.size(), stored().size());
  EXPECT_FALSE(KeyRing::load(keys_, {}, kLoadedAt));
  EXPECT_FALSE(KeyRing::load(keys_, make_protection(2), kLoadedAt));
}

TEST_F(KeyRingTest, EncryptsWhatLiesThereWhenAKeyAppears) {
  policy_.seals = true;
  KeyRing plain = load();
  run(plain, kLoadedAt);
  run(plain, kLoadedAt, Rotation::forced);
  KeyRing ring = load(make_protection(1));
  ASSERT_TRUE(ring.protect_all());
  for (const store::StoredKey& key : stored()) {
    EXPECT_EQ(key.record.is_encrypted, !key.secret.expose().empty()) << key.record.kid;
  }
  const int writes = keys_.writes;
  ASSERT_TRUE(ring.protect_all());
  EXPECT_EQ(keys_.writes, writes);
  EXPECT_EQ(load(make_protection(1)).current().snapshot_keys().signing.size(), 2U);
}

}  // namespace certbound::app
