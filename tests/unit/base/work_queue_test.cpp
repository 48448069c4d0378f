#include "base/work_queue.hpp"

#include <memory>
#include <semaphore>
#include <vector>

#include <gtest/gtest.h>

namespace certbound {

namespace {

/// Notes the batches, and holds the thread until it is told to go on.
struct HeldHandler {
  std::binary_semaphore entered{0};
  std::counting_semaphore<> released{0};
  std::vector<std::vector<int>> batches;

  WorkQueue<int>::Handler handler() {
    return [this](std::vector<int>& batch) {
      batches.push_back(batch);
      entered.release();
      released.acquire();
    };
  }
};

}  // namespace

TEST(WorkQueue, HandsOverAllThatIsQueuedAtOnce) {
  HeldHandler held;
  WorkQueue<int> queue{10, held.handler()};
  ASSERT_TRUE(queue.push(1));
  held.entered.acquire();  // the thread has the first: the others wait together
  for (int i = 2; i <= 4; ++i) ASSERT_TRUE(queue.push(int{i}));
  EXPECT_EQ(queue.size(), 3U);
  held.released.release(2);
  queue.stop();
  EXPECT_EQ(held.batches, (std::vector<std::vector<int>>{{1}, {2, 3, 4}}));
}

TEST(WorkQueue, RefusesWhereItIsFull) {
  HeldHandler held;
  WorkQueue<int> queue{1, held.handler()};
  ASSERT_TRUE(queue.push(1));
  held.entered.acquire();
  EXPECT_TRUE(queue.push(2));
  EXPECT_FALSE(queue.push(3));
  held.released.release(2);
  queue.stop();
  EXPECT_EQ(held.batches, (std::vector<std::vector<int>>{{1}, {2}}));
}

TEST(WorkQueue, HandlesWhatIsQueuedBeforeItStopsAndRefusesAfterwards) {
  std::vector<int> handled;
  WorkQueue<int> queue{
      1000, [&handled](std::vector<int>& batch) { handled.insert(handled.end(), batch.begin(), batch.end()); }};
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(queue.push(int{i}));
  queue.stop();
  queue.stop();
  EXPECT_EQ(handled.size(), 500U);
  EXPECT_FALSE(queue.push(1));
}

TEST(WorkQueue, TakesItemsThatOnlyMove) {
  int sum = 0;
  {
    WorkQueue<std::unique_ptr<int>> queue{10, [&sum](std::vector<std::unique_ptr<int>>& batch) {
                                            for (const auto& item : batch) sum += *item;
                                          }};
    ASSERT_TRUE(queue.push(std::make_unique<int>(7)));
  }
  EXPECT_EQ(sum, 7);
}

}  // namespace certbound
