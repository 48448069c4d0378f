#include "app/reencrypt_keys.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "unit/app/key_fixture.hpp"

namespace certbound::app {

namespace {

using std::chrono::seconds;

constexpr KeyClock kBeginning{WallTime{seconds{1700000000}}, KeyClock::Steady{std::chrono::hours{5}}};

KeyProtection protection_under(std::uint8_t octet) {
  return take_or_throw(KeyProtection::make(crypto::Secret{Bytes(32, octet)}));
}

/// A store with a key in each state and of each use.
class ReencryptKeys : public testing::Test {
 protected:
  void fill(const KeyProtection& protection) {
    KeyRing ring = take_or_throw(KeyRing::load(keys_, protection, kBeginning));
    for (const Rotation rotation : {Rotation::due, Rotation::forced, Rotation::asked}) {
      ASSERT_TRUE(ring.store(take_or_throw(ring.plan(policy_, kBeginning, rotation))));
      ASSERT_TRUE(ring.note_published(kBeginning));
    }
    ASSERT_EQ(states_of(ring.current()).size(), std::string{"retired retired retired active active next "}.size());
  }

  /// The secret halves, as a server with this protection has them; empty where it cannot start.
  std::vector<Bytes> secrets_under(const KeyProtection& protection) {
    std::vector<Bytes> secrets;
    for (const store::StoredKey& key : take_or_throw(keys_.load_keys())) {
      const auto secret = protection.reveal(key);
      if (!secret) return {};
      secrets.emplace_back(secret->expose().begin(), secret->expose().end());
    }
    return secrets;
  }
  std::vector<Bytes> stored() {
    std::vector<Bytes> octets;
    for (const store::StoredKey& key : take_or_throw(keys_.load_keys())) {
      octets.emplace_back(key.secret.expose().begin(), key.secret.expose().end());
    }
    return octets;
  }

  KeyPolicy policy_{model::SigningAlgorithm::es256, true, std::chrono::hours{24}, seconds{600}, seconds{300}};
  std::unique_ptr<store::Store> store_ = take_or_throw(store::memory::make_memory_store());
  UnsteadyKeys keys_{store_->keys()};
  KeyProtection old_ = protection_under(1);
  KeyProtection next_ = protection_under(2);
};

}  // namespace

TEST_F(ReencryptKeys, ChangesWhatOpensThemAndNothingElse) {
  fill(old_);
  const auto records = take_or_throw(keys_.list_keys());
  const auto secrets = secrets_under(old_);
  const int writes = keys_.writes;
  const auto done = reencrypt_keys(keys_, old_, next_);
  ASSERT_TRUE(done) << done.error().detail;
  EXPECT_EQ(done->changed, 5U);  // the key that signed and is retired has no secret half
  EXPECT_EQ(done->kept, 0U);
  EXPECT_EQ(keys_.writes, writes + 1);
  EXPECT_EQ(secrets_under(next_), secrets);
  EXPECT_TRUE(secrets_under(old_).empty());
  EXPECT_EQ(take_or_throw(keys_.list_keys()), records);
}

TEST_F(ReencryptKeys, EncryptsPlainKeys) {
  fill({});
  const auto secrets = secrets_under({});
  EXPECT_EQ(take_or_throw(reencrypt_keys(keys_, {}, next_)).changed, 5U);
  EXPECT_EQ(secrets_under(next_), secrets);
  EXPECT_TRUE(secrets_under({}).empty());
}

TEST_F(ReencryptKeys, DoesNothingASecondTime) {
  fill(old_);
  ASSERT_TRUE(reencrypt_keys(keys_, old_, next_));
  const auto before = stored();
  const int writes = keys_.writes;
  const auto again = take_or_throw(reencrypt_keys(keys_, old_, next_));
  EXPECT_EQ(again.changed, 0U);
  EXPECT_EQ(again.kept, 5U);
  EXPECT_EQ(keys_.writes, writes);
  EXPECT_EQ(stored(), before);
}

// A backup of another time was put into the place of some rows.
TEST_F(ReencryptKeys, TakesAMixture) {
  fill(old_);
  const auto secrets = secrets_under(old_);
  const auto stored = take_or_throw(keys_.load_keys());
  // Of a retired key that signed there is no secret any more.
  const auto has_secret = [](const store::StoredKey& key) { return !key.secret.expose().empty(); };
  auto one = *std::find_if(stored.begin(), stored.end(), has_secret);
  one.secret = take_or_throw(old_.reveal(one));
  one.record.is_encrypted = false;
  ASSERT_TRUE(next_.protect(one));
  ASSERT_TRUE(keys_.change_keys(std::vector{one}, {}));
  const auto done = take_or_throw(reencrypt_keys(keys_, old_, next_));
  EXPECT_EQ(done.changed, 4U);
  EXPECT_EQ(done.kept, 1U);
  EXPECT_EQ(secrets_under(next_), secrets);
}

TEST_F(ReencryptKeys, ChangesNothingWhereAKeyDoesNotOpen) {
  fill(old_);
  const auto before = stored();
  for (const KeyProtection& wrong : {KeyProtection{}, protection_under(3)}) {
    const auto done = reencrypt_keys(keys_, wrong, next_);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::invalid_request);
    EXPECT_EQ(stored(), before);
  }
  keys_.is_broken = true;
  EXPECT_FALSE(reencrypt_keys(keys_, old_, next_));
  EXPECT_EQ(stored(), before);
}

}  // namespace certbound::app
