#include "verifier/last_good.hpp"

#include <functional>
#include <thread>

#include "issuer.hpp"
#include "verifier/key_set.hpp"

namespace certbound::verifier {

namespace {

using std::chrono::seconds;
using KeyRing = LastGood<KeySet>;

/// A source whose answer the test changes, and which counts.
struct Source {
  std::optional<std::string> answer;
  int asked = 0;
};

Result<std::shared_ptr<const KeySet>> load_keys(std::string text, KeyRing::Time) {
  return load_key_set(std::move(text), 10);
}

KeyRing::Options ring_of(const std::shared_ptr<Source>& source) {
  KeyRing::Options options;
  options.fetch = [source] {
    ++source->asked;
    return source->answer;
  };
  options.refresh_interval = seconds{300};
  options.minimum_interval = seconds{10};
  options.maximum_age = seconds{3600};
  options.load = &load_keys;
  return options;
}

std::size_t key_count(const KeyRing& ring) {
  const auto status = ring.status();
  return status.current ? status.current->keys.size() : 0;
}

constexpr auto kStart = test::kNow;

}  // namespace

TEST(LastGood, AsksWhenThereIsNothing) {
  const test::Issuer issuer;
  const auto source = std::make_shared<Source>(Source{issuer.jwks()});
  KeyRing ring{ring_of(source)};
  EXPECT_EQ(key_count(ring), 0U);
  const auto keys = ring.take(kStart);
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->keys.size(), 1U);
  EXPECT_EQ(source->asked, 1);
  EXPECT_EQ(ring.take(kStart + seconds{299}), keys);
  EXPECT_EQ(source->asked, 1);
  EXPECT_EQ(key_count(ring), 1U);
  EXPECT_EQ(ring.status().loaded_at, kStart);
  EXPECT_EQ(ring.status().problem, "");
}

// The same text is the same set, so what was verified stays known.
TEST(LastGood, ConfirmsWhatHasNotChanged) {
  const auto source = std::make_shared<Source>(Source{test::Issuer{}.jwks()});
  KeyRing ring{ring_of(source)};
  const auto keys = ring.take(kStart);
  EXPECT_EQ(ring.take(kStart + seconds{300}), keys);
  EXPECT_EQ(source->asked, 2);
  EXPECT_EQ(ring.status().loaded_at, kStart + seconds{300});
}

TEST(LastGood, TakesAnotherSetWhenTheIntervalIsOver) {
  const auto source = std::make_shared<Source>(Source{test::Issuer{}.jwks()});
  KeyRing ring{ring_of(source)};
  const auto keys = ring.take(kStart);
  source->answer = test::Issuer{"k2"}.jwks();
  EXPECT_EQ(ring.take(kStart + seconds{299}), keys);
  const auto newer = ring.take(kStart + seconds{300});
  EXPECT_NE(newer, keys);
  EXPECT_EQ(newer->keys.front().kid, "k2");
}

TEST(LastGood, ServesTheLastGoodKeysWhileTheSourceFails) {
  const auto source = std::make_shared<Source>(Source{test::Issuer{}.jwks()});
  KeyRing ring{ring_of(source)};
  const auto keys = ring.take(kStart);
  source->answer = std::nullopt;
  EXPECT_EQ(ring.take(kStart + seconds{300}), keys);
  EXPECT_EQ(ring.status().problem, "the source gave nothing");
  source->answer = "{";
  EXPECT_EQ(ring.take(kStart + seconds{310}), keys);
  EXPECT_NE(ring.status().problem.find("not JSON"), std::string::npos);
  EXPECT_EQ(ring.status().loaded_at, kStart);
  EXPECT_EQ(key_count(ring), 1U);
}

// A key that was withdrawn while the source could not be reached must not be believed for ever.
TEST(LastGood, EndsKeysThatNobodyHasConfirmedForTooLong) {
  const auto source = std::make_shared<Source>(Source{test::Issuer{}.jwks()});
  KeyRing ring{ring_of(source)};
  EXPECT_TRUE(ring.take(kStart));
  source->answer = std::nullopt;
  EXPECT_TRUE(ring.take(kStart + seconds{3599}));
  EXPECT_FALSE(ring.take(kStart + seconds{3600}));
  source->answer = test::Issuer{"k2"}.jwks();
  EXPECT_TRUE(ring.take(kStart + seconds{3700}));
}

TEST(LastGood, WaitsBetweenAttemptsThatFail) {
  const auto source = std::make_shared<Source>();
  KeyRing ring{ring_of(source)};
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(ring.take(kStart + seconds{i}));
  EXPECT_EQ(source->asked, 1);
  EXPECT_FALSE(ring.take(kStart + seconds{10}));
  EXPECT_EQ(source->asked, 2);
}

TEST(LastGood, RetriesLaterAndLaterWhereItIsToldTo) {
  const auto source = std::make_shared<Source>();
  auto options = ring_of(source);
  options.retry = Backoff{seconds{2}, seconds{8}};
  options.random = [] { return 0.9; };
  KeyRing ring{options};
  std::string asked_at;
  for (int i = 0; i < 32; ++i) {
    const int before = source->asked;
    EXPECT_FALSE(ring.take(kStart + seconds{i}));
    if (source->asked > before) asked_at += std::to_string(i) + " ";
  }
  EXPECT_EQ(asked_at, "0 2 6 14 22 30 ");
  // What comes then ends it.
  source->answer = test::Issuer{}.jwks();
  EXPECT_TRUE(ring.take(kStart + seconds{38}));
  source->answer = std::nullopt;
  EXPECT_TRUE(ring.take(kStart + seconds{337}));
  const int before = source->asked;
  EXPECT_TRUE(ring.take(kStart + seconds{338}));
  EXPECT_TRUE(ring.take(kStart + seconds{339}));
  EXPECT_TRUE(ring.take(kStart + seconds{340}));
  EXPECT_EQ(source->asked, before + 2);
}

// Strangers choose `kid`: what they send must not make us ask without end.
TEST(LastGood, AsksForAnUnknownKeyNotTooOften) {
  const auto source = std::make_shared<Source>(Source{test::Issuer{}.jwks()});
  KeyRing ring{ring_of(source)};
  const auto keys = ring.take(kStart);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(ring.find_newer(keys, kStart + seconds{i}), keys);
  EXPECT_EQ(source->asked, 1);
  source->answer = test::Issuer{"k2"}.jwks();
  const auto newer = ring.find_newer(keys, kStart + seconds{10});
  EXPECT_NE(newer, keys);
  EXPECT_EQ(source->asked, 2);
  // Whoever still looks at the old set gets the new one without asking.
  EXPECT_EQ(ring.find_newer(keys, kStart + seconds{11}), newer);
  EXPECT_EQ(source->asked, 2);
}

TEST(LastGood, AsksAgainWhereTheClockWasSetBack) {
  const auto source = std::make_shared<Source>(Source{test::Issuer{}.jwks()});
  KeyRing ring{ring_of(source)};
  EXPECT_TRUE(ring.take(kStart));
  EXPECT_TRUE(ring.take(kStart - seconds{86400}));
  EXPECT_EQ(source->asked, 2);
}

TEST(LastGood, TakesWhatItIsGiven) {
  KeyRing::Options options;
  options.load = &load_keys;
  KeyRing ring{std::move(options)};
  EXPECT_FALSE(ring.take(kStart));
  EXPECT_TRUE(ring.replace(test::Issuer{}.jwks(), kStart));
  const auto keys = ring.take(kStart + seconds{1000000});  // nobody to ask: no age
  EXPECT_TRUE(keys);
  EXPECT_FALSE(ring.replace("{}", kStart));
  EXPECT_NE(ring.status().problem, "");
  EXPECT_EQ(ring.take(kStart), keys);
  EXPECT_FALSE(ring.refresh(kStart));
  EXPECT_EQ(ring.take(kStart), keys);
}

TEST(LastGood, HearsWhatTheSourceThrows) {
  auto options = ring_of(std::make_shared<Source>());
  options.fetch = []() -> std::optional<std::string> { throw std::runtime_error{"no route"}; };
  KeyRing ring{std::move(options)};
  EXPECT_FALSE(ring.take(kStart));
  EXPECT_EQ(ring.status().problem, "the source: no route");
}

// One thread asks; the others must not wait for a server.
TEST(LastGood, LetsTheOthersGoOnWhileOneAsks) {
  const test::Issuer issuer;
  KeyRing* asked = nullptr;
  std::shared_ptr<const KeySet> seen_meanwhile;
  int calls = 0;
  auto options = ring_of(std::make_shared<Source>());
  options.fetch = [&]() -> std::optional<std::string> {
    if (++calls == 2) std::thread{[&] { seen_meanwhile = asked->take(kStart + seconds{300}); }}.join();
    return issuer.jwks();
  };
  KeyRing ring{std::move(options)};
  asked = &ring;
  const auto keys = ring.take(kStart);
  EXPECT_EQ(ring.take(kStart + seconds{300}), keys);
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(seen_meanwhile, keys);
}

}  // namespace certbound::verifier
