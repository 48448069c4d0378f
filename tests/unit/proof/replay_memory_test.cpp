#include "proof/replay_memory.hpp"

#include <array>
#include <atomic>
#include <random>
#include <string>
#include <thread>
#include <unordered_map>

#include <gtest/gtest.h>

namespace certbound::proof {

namespace {

using std::chrono::seconds;

constexpr WallTime kNow{seconds{1768478400}};
constexpr int kThreads = 8;

crypto::Sha256 key_of(std::size_t number) { return crypto::sha256(std::to_string(number)); }

template <typename Work>
void run_on_threads(const Work& work) {
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back(work, i);
  for (std::thread& thread : threads) thread.join();
}

/// Uses `count` keys from `first` on until `until`; how many were the first of their kind.
std::size_t use_many(ReplayMemory& memory, std::size_t first, std::size_t count, WallTime until, WallTime now = kNow) {
  std::size_t fresh = 0;
  for (std::size_t i = first; i < first + count; ++i) {
    if (memory.use(key_of(i), until, now) == Novelty::first) ++fresh;
  }
  return fresh;
}

}  // namespace

// 9449-4.3-13, 7523-3-3.
TEST(ReplayMemory, AcceptsAValueOnce) {
  ReplayMemory memory{100};
  EXPECT_EQ(memory.size(), 0U);
  EXPECT_EQ(memory.use(key_of(1), kNow + seconds{60}, kNow), Novelty::first);
  EXPECT_EQ(memory.use(key_of(1), kNow + seconds{60}, kNow), Novelty::replay);
  EXPECT_EQ(memory.use(key_of(1), kNow + seconds{90}, kNow + seconds{59}), Novelty::replay);
  EXPECT_EQ(memory.use(key_of(2), kNow + seconds{60}, kNow), Novelty::first);
  EXPECT_EQ(memory.size(), 2U);
}

// Of two digests that differ in one bit only, each is a value of its own.
TEST(ReplayMemory, LooksAtEveryBitOfTheKey) {
  ReplayMemory memory{1000};
  const crypto::Sha256 key = key_of(0);
  EXPECT_EQ(memory.use(key, kNow + seconds{60}, kNow), Novelty::first);
  for (std::size_t bit = 0; bit < 256; ++bit) {
    crypto::Sha256 other = key;
    other.octets[bit / 8] = static_cast<std::uint8_t>(other.octets[bit / 8] ^ (1U << bit % 8));
    ASSERT_EQ(memory.use(other, kNow + seconds{60}, kNow), Novelty::first) << bit;
  }
  EXPECT_EQ(memory.size(), 257U);
}

TEST(ReplayMemory, RefusesWhatItCannotRemember) {
  ReplayMemory memory{1000};
  EXPECT_EQ(use_many(memory, 0, 1000, kNow + seconds{60}), 1000U);
  EXPECT_EQ(memory.size(), 1000U);
  for (std::size_t i = 1000; i < 2000; ++i) {
    ASSERT_EQ(memory.use(key_of(i), kNow + seconds{60}, kNow + seconds{59}), Novelty::full) << i;
  }
  // It has forgotten nothing, and says so also where it is full.
  for (std::size_t i = 0; i < 1000; ++i) {
    ASSERT_EQ(memory.use(key_of(i), kNow + seconds{60}, kNow + seconds{59}), Novelty::replay) << i;
  }
  EXPECT_EQ(memory.size(), 1000U);
}

TEST(ReplayMemory, RemembersNothingWithoutRoom) {
  ReplayMemory memory{0};
  EXPECT_EQ(memory.use(key_of(1), kNow + seconds{60}, kNow), Novelty::full);
  EXPECT_EQ(memory.size(), 0U);
}

// However few it keeps, the bound is over all shards together.
TEST(ReplayMemory, HoldsToItsBoundToTheLastValue) {
  for (std::size_t capacity = 1; capacity < 70; ++capacity) {
    ReplayMemory memory{capacity};
    ASSERT_EQ(use_many(memory, 0, 200, kNow + seconds{60}), capacity);
    ASSERT_EQ(memory.size(), capacity);
  }
}

TEST(ReplayMemory, MakesRoomAtTheSecondOfExpiry) {
  ReplayMemory memory{50};
  EXPECT_EQ(use_many(memory, 0, 50, kNow + seconds{60}), 50U);
  EXPECT_EQ(use_many(memory, 100, 50, kNow + seconds{120}, kNow + seconds{59}), 0U);
  EXPECT_EQ(use_many(memory, 100, 60, kNow + seconds{120}, kNow + seconds{60}), 50U);
  EXPECT_EQ(memory.size(), 50U);
}

// One that has expired makes room for one in any other shard.
TEST(ReplayMemory, MakesRoomWhereverItIs) {
  ReplayMemory memory{64};
  for (std::size_t i = 0; i < 64; ++i) {
    ASSERT_EQ(memory.use(key_of(i), kNow + seconds{static_cast<int>(i) + 1}, kNow), Novelty::first);
  }
  for (std::size_t i = 0; i < 64; ++i) {
    const WallTime now = kNow + seconds{static_cast<int>(i) + 1};
    ASSERT_EQ(memory.use(key_of(1000 + 2 * i), kNow + seconds{1000}, now), Novelty::first) << i;
    ASSERT_EQ(memory.use(key_of(1001 + 2 * i), kNow + seconds{1000}, now), Novelty::full) << i;
    ASSERT_EQ(memory.use(key_of(1000 + 2 * i), kNow + seconds{1000}, now), Novelty::replay) << i;
  }
}

// What was forgotten must not be new to a thread that has read the clock a little earlier.
TEST(ReplayMemory, RefusesWhatIsOver) {
  ReplayMemory memory{1};
  EXPECT_EQ(memory.use(key_of(1), kNow + seconds{60}, kNow), Novelty::first);
  EXPECT_EQ(memory.use(key_of(2), kNow + seconds{120}, kNow + seconds{60}), Novelty::first);
  EXPECT_EQ(memory.use(key_of(1), kNow + seconds{60}, kNow + seconds{59}), Novelty::replay);
  EXPECT_EQ(memory.use(key_of(1), kNow + seconds{60}, kNow + seconds{50}), Novelty::replay);
  EXPECT_EQ(memory.use(key_of(3), kNow + seconds{60}, kNow + seconds{60}), Novelty::replay);
  EXPECT_EQ(memory.size(), 1U);
}

TEST(ReplayMemory, KeepsWhatLivesWhenTheClockIsSetBack) {
  ReplayMemory memory{100};
  EXPECT_EQ(use_many(memory, 0, 100, kNow + seconds{60}), 100U);
  for (const int back : {1, 9, 11, 3600, 86400 * 365}) {
    const WallTime now = kNow - seconds{back};
    EXPECT_EQ(memory.use(key_of(5000), now + seconds{60}, now), Novelty::full) << back;
    for (std::size_t i = 0; i < 100; ++i) ASSERT_EQ(memory.use(key_of(i), kNow + seconds{60}, now), Novelty::replay);
  }
  EXPECT_EQ(memory.size(), 100U);
  // It goes on where the clock stands now.
  EXPECT_EQ(use_many(memory, 200, 100, kNow + seconds{120}, kNow + seconds{60}), 100U);
}

TEST(ReplayMemory, GoesOnWhenTheClockIsSetBack) {
  ReplayMemory memory{1000};
  EXPECT_EQ(use_many(memory, 0, 100, kNow + seconds{60}), 100U);
  for (const int back : {1, 5, 10, 11, 60, 3600}) {
    const WallTime now = kNow - seconds{back};
    const auto first = static_cast<std::size_t>(back) * 1000;
    EXPECT_EQ(use_many(memory, first, 100, now + seconds{60}, now), 100U) << back;
    EXPECT_EQ(use_many(memory, first, 100, now + seconds{60}, now), 0U) << back;
  }
}

// Against the plain way to say the same: random keys, dates and times, with room for fewer than come.
TEST(ReplayMemory, SaysWhatAMapWouldSay) {
  constexpr std::size_t kCapacity = 300;
  ReplayMemory memory{kCapacity};
  std::unordered_map<std::size_t, WallTime> model;
  std::mt19937 random{42};
  WallTime now = kNow;
  std::array<int, 3> seen{};
  for (int i = 0; i < 60'000; ++i) {
    if (random() % 20 == 0) now += seconds{random() % 4};
    const std::size_t number = random() % 2000;
    const WallTime until = now + seconds{1 + random() % 90};
    std::erase_if(model, [now](const auto& entry) { return entry.second <= now; });
    Novelty expected = model.size() < kCapacity ? Novelty::first : Novelty::full;
    if (model.count(number) > 0) expected = Novelty::replay;
    ASSERT_EQ(memory.use(key_of(number), until, now), expected) << i;
    if (expected == Novelty::first) model.emplace(number, until);
    ASSERT_LE(memory.size(), kCapacity);
    ++seen[static_cast<std::size_t>(expected)];
  }
  for (const int count : seen) EXPECT_GT(count, 1000);
}

// N threads race for the same keys.
TEST(ReplayMemoryThreads, LetOneOfThemBeTheFirst) {
  constexpr std::size_t kKeys = 3000;
  ReplayMemory memory{kKeys};
  std::vector<crypto::Sha256> keys;
  for (std::size_t i = 0; i < kKeys; ++i) keys.push_back(key_of(i));
  std::vector<std::atomic<int>> firsts(kKeys);
  std::atomic<int> wrong{0};
  run_on_threads([&](int thread) {
    for (std::size_t i = 0; i < kKeys; ++i) {
      // Half of them the other way round, so that they meet everywhere.
      const std::size_t at = thread % 2 == 0 ? i : kKeys - 1 - i;
      const Novelty novelty = memory.use(keys[at], kNow + seconds{60}, kNow);
      if (novelty == Novelty::first) ++firsts[at];
      if (novelty == Novelty::full) ++wrong;
    }
  });
  EXPECT_EQ(wrong, 0);
  for (const auto& count : firsts) ASSERT_EQ(count, 1);
  EXPECT_EQ(memory.size(), kKeys);
}

// Room for half of what comes: as many are the first as there is room, never one more.
TEST(ReplayMemoryThreads, HoldToTheBound) {
  constexpr std::size_t kEach = 1000;
  ReplayMemory memory{kThreads * kEach / 2};
  std::atomic<std::size_t> firsts{0};
  run_on_threads([&](int thread) {
    firsts += use_many(memory, static_cast<std::size_t>(thread) * kEach, kEach, kNow + seconds{60});
  });
  EXPECT_EQ(firsts, kThreads * kEach / 2);
  EXPECT_EQ(memory.size(), kThreads * kEach / 2);
}

// A jti may come again when its first use is over, also while other values that are over have not been forgotten.
TEST(ReplayMemory, AcceptsAValueAgainWhenItIsOver) {
  ReplayMemory memory{1000};
  EXPECT_EQ(use_many(memory, 0, 500, kNow + seconds{60}), 500U);
  EXPECT_EQ(use_many(memory, 0, 500, kNow + seconds{120}, kNow + seconds{60}), 500U);
  EXPECT_EQ(use_many(memory, 0, 500, kNow + seconds{180}, kNow + seconds{61}), 0U);
  EXPECT_EQ(memory.size(), 500U);
}

// While everything expires under them, each reading the clock a little before or after the others: a value is never
// accepted twice, and the bound holds. No two clocks are further apart than kLateness, whatever the scheduler does.
TEST(ReplayMemoryThreads, AcceptNothingTwiceWhileItExpires) {
  constexpr std::size_t kKeys = 4500;
  constexpr std::size_t kCapacity = 64;
  ReplayMemory memory{kCapacity};
  std::vector<std::atomic<int>> firsts(kKeys);
  std::atomic<int> too_many{0};
  run_on_threads([&](int thread) {
    for (std::size_t i = 0; i < kKeys; ++i) {
      const auto second = static_cast<int>(i / 500);
      const WallTime now = kNow + seconds{second + thread % 2};
      if (memory.use(key_of(i), kNow + seconds{second + 2}, now) == Novelty::first) ++firsts[i];
      if (memory.size() > kCapacity) ++too_many;
    }
  });
  EXPECT_EQ(too_many, 0);
  int accepted = 0;
  for (const auto& count : firsts) {
    ASSERT_LE(count, 1);
    accepted += count;
  }
  EXPECT_GT(accepted, 100);
}

}  // namespace certbound::proof
