#include "base/bell.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "unit/store/coroutine_runner.hpp"

namespace certbound {

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

Task<int> wait_and_say(Bell& bell, milliseconds longest, int number) {
  co_await bell.wait(longest);
  co_return number;
}

}  // namespace

class BellTest : public testing::Test {
 protected:
  void begin(int number, milliseconds longest = hours{1}) {
    store::start_task(context_, wait_and_say(*bell_, longest, number), returned_[number]);
    context_.restart();
    context_.poll();
  }
  void go_on() {
    context_.restart();
    context_.poll();
  }

  boost::asio::io_context context_{1};
  std::optional<Bell> bell_{std::in_place};
  std::optional<int> returned_[3];
};

TEST_F(BellTest, WakesEveryoneWhoWaits) {
  begin(0);
  begin(1);
  EXPECT_FALSE(returned_[0] || returned_[1]);
  bell_->ring();
  go_on();
  EXPECT_TRUE(returned_[0] && returned_[1]);
  // It rang for those; whoever comes later waits for the next time.
  begin(2);
  EXPECT_FALSE(returned_[2]);
  bell_->ring();
  go_on();
  EXPECT_TRUE(returned_[2]);
}

TEST_F(BellTest, LetsGoWhenTheTimeIsUp) {
  begin(0, milliseconds{1});
  context_.restart();
  context_.run();
  EXPECT_TRUE(returned_[0]);
  // The time of those before is not that of the next.
  begin(1);
  EXPECT_FALSE(returned_[1]);
  bell_->ring();
  go_on();
}

TEST_F(BellTest, MayGoBeforeThoseWhoWait) {
  begin(0);
  bell_.reset();
  go_on();
  EXPECT_TRUE(returned_[0]);
}

TEST_F(BellTest, RingsWithoutAnybody) { bell_->ring(); }

// At the end of a worker its loop goes first.
TEST(Bell, OutlivesTheLoopOfThoseWhoWaited) {
  Bell bell;
  std::optional<int> in_time;
  std::optional<int> abandoned;
  {
    boost::asio::io_context context{1};
    store::start_task(context, wait_and_say(bell, milliseconds{1}, 1), in_time);
    context.run();
    store::start_task(context, wait_and_say(bell, hours{1}, 2), abandoned);
    context.restart();
    context.poll();
  }
  EXPECT_TRUE(in_time);
  EXPECT_FALSE(abandoned);
  bell.ring();
}

}  // namespace certbound
