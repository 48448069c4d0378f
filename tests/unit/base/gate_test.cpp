#include "base/gate.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "unit/store/coroutine_runner.hpp"

namespace certbound {

namespace {

Task<int> pass_and_say(Gate& gate, std::vector<int>& passed, int number) {
  co_await gate.pass();
  passed.push_back(number);
  co_return number;
}

}  // namespace

class GateTest : public testing::Test {
 protected:
  void begin(int number) { store::start_task(context_, pass_and_say(gate_, passed_, number), returned_[number]); }
  void go_on() {
    context_.restart();
    context_.poll();
  }

  boost::asio::io_context context_{1};
  Gate gate_;
  std::vector<int> passed_;
  std::optional<int> returned_[3];
};

TEST_F(GateTest, IsOpenAtFirst) {
  EXPECT_TRUE(gate_.is_open());
  begin(0);
  go_on();
  EXPECT_EQ(passed_, std::vector<int>{0});
}

TEST_F(GateTest, HoldsEveryoneUntilItIsOpened) {
  gate_.close();
  begin(0);
  begin(1);
  go_on();
  EXPECT_TRUE(passed_.empty());
  gate_.open();
  go_on();
  EXPECT_EQ(passed_, (std::vector<int>{0, 1}));
}

TEST_F(GateTest, HoldsThoseWhoDidNotGoOnBeforeItWasClosedAgain) {
  gate_.close();
  begin(0);
  go_on();
  gate_.open();
  gate_.close();
  go_on();
  EXPECT_TRUE(passed_.empty());
  gate_.open();
  go_on();
  EXPECT_EQ(passed_, std::vector<int>{0});
}

}  // namespace certbound
