#include "app/key_life.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace certbound::app {

namespace {

using model::KeyRecord;
using model::KeyState;
using model::SigningAlgorithm;
using std::chrono::hours;
using std::chrono::seconds;

constexpr KeyClock kStart{WallTime{seconds{1700000000}}, KeyClock::Steady{hours{5}}};
constexpr seconds kCache{300};
constexpr seconds kPublication{330};
constexpr seconds kToken{600};
constexpr hours kInterval{24};

KeyPolicy make_policy() { return {SigningAlgorithm::es256, false, kInterval, kToken, kCache}; }

/// Keys without octets, moved on by plan_keys() alone, as a server does it.
class World {
 public:
  KeyPolicy policy = make_policy();
  KeyClock now = kStart;

  /// Time passes on both clocks.
  void pass(seconds time) {
    now.wall += time;
    now.steady += time;
  }

  KeySteps step(Rotation rotation = Rotation::due) {
    KeySteps steps = plan_keys(keys_, policy, now, rotation);
    for (const KeyRecord& record : steps.changed) put(record);
    std::erase_if(keys_, [&steps](const LivingKey& key) {
      return std::find(steps.removed.begin(), steps.removed.end(), key.record.kid) != steps.removed.end();
    });
    for (const KeySteps::Birth& birth : steps.births) bear(birth);
    return steps;
  }

  /// What is planned is published at once.
  void run(Rotation rotation = Rotation::due) {
    step(rotation);
    publish();
  }

  void publish() {
    const LivingKey* active = find_active(keys_, policy.algorithm);
    for (LivingKey& key : keys_) {
      if (key.record.state == KeyState::next && key.record.used_from == WallTime{}) {
        key = publish_key(key.record, active == nullptr ? nullptr : &active->record, now);
      }
    }
  }

  void restart() {
    std::vector<KeyRecord> records;
    for (const LivingKey& key : keys_) records.push_back(key.record);
    now.steady = KeyClock::Steady{hours{1}};  // another process counts from elsewhere
    keys_ = revive_keys(records, now);
  }

  [[nodiscard]] std::string states() const {
    std::string text;
    for (const LivingKey& key : keys_) {
      text += (text.empty() ? "" : " ") + key.record.kid + ":" + std::string{name(key.record.state)};
    }
    return text;
  }

  [[nodiscard]] std::optional<seconds> wait() const {
    const auto wait = until_next_step(keys_, policy, now);
    return wait ? std::optional{std::chrono::duration_cast<seconds>(*wait)} : std::nullopt;
  }

  [[nodiscard]] const KeyRecord& key(std::string_view kid) const {
    const auto found =
        std::find_if(keys_.begin(), keys_.end(), [kid](const LivingKey& one) { return one.record.kid == kid; });
    if (found == keys_.end()) throw std::out_of_range{std::string{kid}};
    return found->record;
  }

  void add(const KeyRecord& record) {
    const std::vector<LivingKey> added = revive_keys(std::vector{record}, now);
    keys_.push_back(added.front());
  }

 private:
  void put(const KeyRecord& record) {
    for (LivingKey& key : keys_) {
      if (key.record.kid != record.kid) continue;
      const bool is_new_state = key.record.state != record.state;
      key.record = record;
      if (is_new_state)
        key.from = record.state == KeyState::active ? now.steady : now.steady + (record.remove_at - now.wall);
    }
  }

  void bear(const KeySteps::Birth& birth) {
    KeyRecord record;
    record.kid = std::string{birth.algorithm ? "" : "s"} + std::to_string(++born_);
    record.algorithm = birth.algorithm;
    record.state = birth.state;
    record.created_at = now.wall;
    record.token_lifetime = policy.token_lifetime;
    record.cache_lifetime = policy.cache_lifetime;
    if (birth.state == KeyState::active) record.used_from = now.wall;
    keys_.push_back({record, birth.state == KeyState::active ? now.steady : KeyClock::Steady::max()});
  }

  std::vector<LivingKey> keys_;
  int born_ = 0;
};

/// With one key that has just begun to sign.
World make_world() {
  World world;
  world.run();
  return world;
}

/// … whose next key has just been published.
World make_rotating_world() {
  World world = make_world();
  world.pass(kInterval);
  world.run();
  return world;
}

}  // namespace

TEST(PlanKeys, MakesAnActiveKeyWhereThereIsNone) {
  World world;
  EXPECT_EQ(world.wait(), seconds{0});
  world.run();
  EXPECT_EQ(world.states(), "1:active");
  EXPECT_EQ(world.key("1").used_from, kStart.wall);
  EXPECT_TRUE(world.step().is_empty());
}

TEST(PlanKeys, MakesTheNextKeyInTimeForTheRotation) {
  World world = make_world();
  EXPECT_EQ(world.wait(), kInterval - kPublication);
  world.pass(kInterval - kPublication - seconds{1});
  EXPECT_TRUE(world.step().is_empty());
  world.pass(seconds{1});
  world.run();
  EXPECT_EQ(world.states(), "1:active 2:next");
  EXPECT_EQ(world.key("2").used_from, kStart.wall + kInterval);
}

// JOSE-12: visible before first use.
TEST(PlanKeys, ActivatesAKeyThatWasPublishedLongEnough) {
  World world = make_rotating_world();
  world.pass(kPublication - seconds{1});
  EXPECT_EQ(world.wait(), seconds{1});
  EXPECT_TRUE(world.step().is_empty());
  world.pass(seconds{1});
  const KeySteps steps = world.step();
  EXPECT_EQ(world.states(), "1:retired 2:active");
  // The store refuses two active ones, also for a moment.
  ASSERT_EQ(steps.changed.size(), 2U);
  EXPECT_EQ(steps.changed[0].kid, "1");
  EXPECT_EQ(world.key("2").used_from, world.now.wall);
}

TEST(PlanKeys, DoesNotActivateAKeyThatWasNeverPublished) {
  World world = make_world();
  world.pass(kInterval);
  world.step();
  ASSERT_EQ(world.states(), "1:active 2:next");
  world.pass(hours{100});
  EXPECT_TRUE(world.step().is_empty());
  world.restart();
  EXPECT_TRUE(world.step().is_empty());
  world.publish();
  EXPECT_EQ(world.wait(), kPublication);
}

// JOSE-12: the old key stays until its last token has ended.
TEST(PlanKeys, RemovesARetiredKeyWhenItsLastTokenHasEnded) {
  World world = make_rotating_world();
  world.pass(kPublication);
  world.run();
  EXPECT_EQ(world.key("1").retired_at, world.now.wall);
  EXPECT_EQ(world.key("1").remove_at, world.now.wall + kToken + kClockSkew);
  world.pass(kToken + kClockSkew - seconds{1});
  EXPECT_EQ(world.wait(), seconds{1});
  EXPECT_TRUE(world.step().is_empty());
  world.pass(seconds{1});
  world.run();
  EXPECT_EQ(world.states(), "2:active");
}

TEST(PlanKeys, KeepsARetiredKeyForTheLongestLifetimeOfItsTime) {
  World world = make_world();
  world.policy.token_lifetime = hours{2};
  world.run();
  EXPECT_EQ(world.key("1").token_lifetime, hours{2});
  world.policy.token_lifetime = seconds{10};
  world.run();
  world.run(Rotation::forced);
  EXPECT_EQ(world.key("1").remove_at, world.now.wall + hours{2} + kClockSkew);
  EXPECT_EQ(world.key("2").token_lifetime, seconds{10});
}

// Caches were told the longer time.
TEST(PlanKeys, PublishesForTheLongestCacheOfTheActiveKeysTime) {
  World world = make_world();
  world.policy.cache_lifetime = hours{10};
  world.run();
  world.policy.cache_lifetime = seconds{1};
  world.run(Rotation::asked);
  EXPECT_EQ(world.key("2").used_from, world.now.wall + hours{11});
  world.pass(hours{11});
  world.run();
  EXPECT_EQ(world.states(), "1:retired 2:active");
  world.pass(hours{12});
  world.run(Rotation::asked);  // everybody knows the shorter one by now
  EXPECT_EQ(world.key("3").used_from, world.now.wall + seconds{2});
}

TEST(PlanKeys, RotatesForEver) {
  World world = make_world();
  for (int i = 0; i < 500; ++i) {
    const auto wait = world.wait();
    ASSERT_TRUE(wait);
    world.pass(std::max(*wait, seconds{1}));
    world.run();
    const std::string states = world.states();
    ASSERT_LE(std::count(states.begin(), states.end(), ':'), 3) << states;
    ASSERT_EQ(states.find(":active"), states.rfind(":active")) << states;
    ASSERT_NE(states.find(":active"), std::string::npos) << states;
  }
}

TEST(PlanKeys, RotatesByHandOnlyWithoutAnInterval) {
  World world;
  world.policy.rotation_interval = seconds{0};
  world.run();
  EXPECT_EQ(world.wait(), std::nullopt);
  world.pass(hours{100000});
  EXPECT_TRUE(world.step().is_empty());
  world.run(Rotation::asked);
  EXPECT_EQ(world.states(), "1:active 2:next");
  world.pass(kPublication);
  world.run();
  EXPECT_EQ(world.states(), "1:retired 2:active");
}

TEST(PlanKeys, MakesOneNextKeyHoweverOftenItIsAskedFor) {
  World world = make_world();
  world.run(Rotation::asked);
  EXPECT_TRUE(world.step(Rotation::asked).is_empty());
  EXPECT_EQ(world.states(), "1:active 2:next");
}

TEST(PlanKeys, ActivatesAtOnceWhereThatIsForced) {
  World world = make_world();
  world.run(Rotation::forced);
  EXPECT_EQ(world.states(), "1:retired 2:active");
  world.run(Rotation::asked);
  world.run(Rotation::forced);
  EXPECT_EQ(world.states(), "1:retired 2:retired 3:active");
}

// The new algorithm's key is published first.
TEST(PlanKeys, SignsWithTheOldAlgorithmUntilTheNewKeyIsKnown) {
  World world = make_world();
  world.policy.algorithm = SigningAlgorithm::eddsa;
  EXPECT_EQ(world.wait(), seconds{0});
  world.run();
  EXPECT_EQ(world.states(), "1:active 2:next");
  EXPECT_EQ(world.key("2").algorithm, SigningAlgorithm::eddsa);
  world.pass(kPublication);
  world.run();
  EXPECT_EQ(world.states(), "1:retired 2:active");
  EXPECT_EQ(world.key("1").algorithm, SigningAlgorithm::es256);
}

TEST(PlanKeys, DropsAWaitingKeyOfAnAlgorithmThatIsNotWantedAnyMore) {
  World world = make_world();
  world.policy.algorithm = SigningAlgorithm::eddsa;
  world.run();
  world.policy.algorithm = SigningAlgorithm::ps256;
  world.run();
  EXPECT_EQ(world.states(), "1:active 3:next");
  world.policy.algorithm = SigningAlgorithm::es256;
  world.run();
  EXPECT_EQ(world.states(), "1:active");
}

// An earlier server had one active key for each algorithm that was ever configured.
TEST(PlanKeys, KeepsOneOfSeveralActiveKeys) {
  World world;
  for (const auto& [kid, algorithm, age] :
       {std::tuple{"a", SigningAlgorithm::es256, 9}, std::tuple{"b", SigningAlgorithm::eddsa, 5}}) {
    KeyRecord record;
    record.kid = kid;
    record.algorithm = algorithm;
    record.state = KeyState::active;
    record.used_from = kStart.wall - seconds{age};
    world.add(record);
  }
  World other = world;
  world.run();
  EXPECT_EQ(world.states(), "a:active b:retired");
  other.policy.algorithm = SigningAlgorithm::rs256;
  other.run();
  EXPECT_EQ(other.states(), "a:retired b:active 1:next");
}

// The bound that the configuration is checked against: no rotation waits for room.
TEST(PlanKeys, HaveRoomAtTheShortestIntervalOfSealedTokens) {
  World world = make_world();
  world.policy = {SigningAlgorithm::es256, true, hours{1}, hours{13}, kCache};
  std::ptrdiff_t most = 0;
  for (int i = 0; i < 100; ++i) {
    ASSERT_FALSE(world.step().is_full) << world.states();
    world.publish();
    const std::string states = world.states();
    most = std::max(most, std::count(states.begin(), states.end(), ':'));
    ASSERT_TRUE(world.wait());
    world.pass(std::chrono::ceil<seconds>(*world.wait()));
  }
  EXPECT_GT(most, 25);
  EXPECT_LE(most, static_cast<std::ptrdiff_t>(kMostKeys));
}

TEST(PlanKeys, UsesANextKeyAtOnceWhereNothingElseIsThere) {
  World world;
  KeyRecord record;
  record.kid = "n";
  record.algorithm = SigningAlgorithm::es256;
  world.add(record);
  world.run();
  EXPECT_EQ(world.states(), "n:active");
}

TEST(PlanKeys, MakesNoMoreKeysThanMayBePublished) {
  World world = make_world();
  for (std::size_t i = 0; i < 2 * kMostKeys; ++i) world.run(Rotation::forced);
  const std::string states = world.states();
  EXPECT_EQ(std::count(states.begin(), states.end(), ':'), kMostKeys);
  EXPECT_TRUE(world.step(Rotation::asked).is_full);
  EXPECT_TRUE(world.step(Rotation::forced).is_full);
  world.policy.rotation_interval = seconds{1};
  ASSERT_TRUE(world.wait());
  EXPECT_GT(*world.wait(), seconds{0});  // nothing to do but to wait for one to be removed
  world.pass(*world.wait());
  world.run();
  EXPECT_EQ(world.states().find("1:"), std::string::npos);
}

TEST(PlanKeys, GoOnAfterARestart) {
  World world = make_world();
  world.pass(hours{10});
  world.restart();
  EXPECT_TRUE(world.step().is_empty());
  EXPECT_EQ(world.wait(), kInterval - kPublication - hours{10});

  World rotating = make_rotating_world();
  rotating.pass(seconds{100});
  rotating.restart();
  EXPECT_EQ(rotating.wait(), kPublication - seconds{100});
  rotating.pass(kPublication - seconds{100});
  rotating.run();
  rotating.pass(seconds{60});
  rotating.restart();
  EXPECT_EQ(rotating.wait(), kToken + kClockSkew - seconds{60});
}

TEST(PlanKeys, CatchUpAfterALongStop) {
  World world = make_rotating_world();
  world.pass(hours{1000});
  world.restart();
  world.run();
  // It was published long ago; no cache can lack it.
  EXPECT_EQ(world.states(), "1:retired 2:active");
  world.pass(hours{1000});
  world.restart();
  world.run();
  // The next rotation is due, and its key was never published.
  EXPECT_EQ(world.states(), "2:active 3:next");
  EXPECT_EQ(world.wait(), kPublication);
}

TEST(PlanKeys, DoNotMindThatTheWallClockIsSet) {
  for (const hours jump : {hours{-100000}, hours{-1}, hours{1}, hours{100000}}) {
    World world = make_rotating_world();
    world.now.wall += jump;
    EXPECT_EQ(world.wait(), kPublication);
    world.pass(kPublication - seconds{1});
    EXPECT_TRUE(world.step().is_empty());
    world.pass(seconds{1});
    world.run();
    EXPECT_EQ(world.states(), "1:retired 2:active");
    world.now.wall += jump;
    world.pass(kToken + kClockSkew - seconds{1});
    EXPECT_TRUE(world.step().is_empty());
    world.pass(seconds{1});
    world.run();
    EXPECT_EQ(world.states(), "2:active");
  }
}

// Back by more than anything lasts: no wait gets longer than it was meant.
TEST(PlanKeys, WaitNoLongerBecauseTheWallClockWasSetBackBeforeARestart) {
  World world = make_rotating_world();
  world.now.wall -= hours{100000};
  world.restart();
  EXPECT_EQ(world.wait(), kPublication);
  world.pass(kPublication);
  world.run();
  world.now.wall -= hours{100000};
  world.restart();
  EXPECT_EQ(world.wait(), kToken + kClockSkew);
  world.pass(kToken + kClockSkew);
  world.run();
  EXPECT_EQ(world.states(), "2:active");
  world.now.wall -= hours{100000};
  world.restart();
  EXPECT_EQ(world.wait(), kInterval - kPublication);
}

TEST(PlanKeys, MakeAKeyThatSealsWhereOneIsNeeded) {
  World world = make_world();
  world.policy.seals = true;
  EXPECT_EQ(world.wait(), seconds{0});
  world.run();
  EXPECT_EQ(world.states(), "1:active s2:active");
  EXPECT_TRUE(world.key("s2").is_sealing());
  EXPECT_TRUE(world.step().is_empty());
}

// Nobody else has to know it.
TEST(PlanKeys, ReplaceAKeyThatSealsWithoutDelay) {
  World world;
  world.policy.seals = true;
  world.run();
  world.run(Rotation::asked);
  EXPECT_EQ(world.states(), "1:active s2:retired 3:next s4:active");
  EXPECT_EQ(world.key("s2").remove_at, world.now.wall + kToken + kClockSkew);
  world.pass(kInterval);
  world.run();
  EXPECT_EQ(world.states(), "1:retired 3:active s4:retired s5:active");
}

TEST(PlanKeys, ReplaceAKeyThatSealsOnceHoweverOftenItIsAskedFor) {
  World world;
  world.policy.seals = true;
  world.run();
  world.run(Rotation::asked);
  const std::string once = world.states();
  for (int i = 0; i < 40; ++i) EXPECT_TRUE(world.step(Rotation::asked).is_empty());
  EXPECT_EQ(world.states(), once);
}

TEST(PlanKeys, RetireTheKeyThatSealsWhereItIsNotNeededAnyMore) {
  World world;
  world.policy.seals = true;
  world.run();
  world.policy.seals = false;
  EXPECT_EQ(world.wait(), seconds{0});
  world.run();
  EXPECT_EQ(world.states(), "1:active s2:retired");
  world.pass(kToken + kClockSkew);
  world.run();
  EXPECT_EQ(world.states(), "1:active");
}

TEST(PublicationTime, IsLongerThanACacheLives) {
  EXPECT_EQ(publication_time(seconds{1}), seconds{2});
  EXPECT_EQ(publication_time(seconds{300}), seconds{330});
}

}  // namespace certbound::app
