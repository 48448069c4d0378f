#include "base/bounded_queue.hpp"

#include <atomic>
#include <memory>
#include <thread>

#include <gtest/gtest.h>

namespace certbound {

TEST(BoundedQueue, GivesItemsInTheirOrderUpToTheNumberAsked) {
  BoundedQueue<int> queue{10};
  for (int i = 1; i <= 5; ++i) ASSERT_TRUE(queue.push(int{i}));
  std::vector<int> taken{99};
  ASSERT_TRUE(queue.take(taken, 3));
  EXPECT_EQ(taken, (std::vector{1, 2, 3}));
  EXPECT_EQ(queue.size(), 2U);
  ASSERT_TRUE(queue.take(taken, 3));
  EXPECT_EQ(taken, (std::vector{4, 5}));
}

TEST(BoundedQueue, LeavesTheItemWithWhoeverPushedItWhereItIsFull) {
  BoundedQueue<std::unique_ptr<int>> queue{1};
  ASSERT_TRUE(queue.push(std::make_unique<int>(1)));
  auto second = std::make_unique<int>(2);
  EXPECT_FALSE(queue.push(std::move(second)));
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(*second, 2);
}

TEST(BoundedQueue, GivesWhatIsQueuedAfterCloseAndTakesNoMore) {
  BoundedQueue<int> queue{10};
  ASSERT_TRUE(queue.push(1));
  queue.close();
  EXPECT_FALSE(queue.push(2));
  std::vector<int> taken;
  EXPECT_TRUE(queue.take(taken, 10));
  EXPECT_EQ(taken, std::vector{1});
  EXPECT_FALSE(queue.take(taken, 10));
  EXPECT_TRUE(taken.empty());
}

TEST(BoundedQueue, WakesEveryThreadThatWaitsWhenItIsClosed) {
  BoundedQueue<int> queue{10};
  std::vector<std::thread> takers;
  for (int i = 0; i < 3; ++i) {
    takers.emplace_back([&queue] {
      std::vector<int> taken;
      EXPECT_FALSE(queue.take(taken, 1));
    });
  }
  queue.close();
  for (std::thread& taker : takers) taker.join();
}

TEST(BoundedQueue, LosesNothingBetweenManyThreads) {
  constexpr int kEach = 2000;
  BoundedQueue<int> queue{64};
  std::atomic<long> sum{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&] {
      std::vector<int> taken;
      while (queue.take(taken, 8)) {
        for (const int item : taken) sum += item;
      }
    });
  }
  std::vector<std::thread> pushers;
  for (int t = 0; t < 3; ++t) {
    pushers.emplace_back([&] {
      for (int i = 1; i <= kEach; ++i) {
        while (!queue.push(int{i})) std::this_thread::yield();
      }
    });
  }
  for (std::thread& pusher : pushers) pusher.join();
  queue.close();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(sum, 3L * kEach * (kEach + 1) / 2);
}

}  // namespace certbound
