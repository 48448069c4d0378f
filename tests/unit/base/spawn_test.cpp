#include "base/spawn.hpp"

#include <stdexcept>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

namespace certbound {

namespace {

Task<void> run_or_throw(bool throws) {
  if (throws) throw std::runtime_error{"broken"};
  co_return;
}

Task<void> throw_a_number() {
  throw 7;  // NOLINT(hicpp-exception-baseclass): what a library might do
  co_return;
}

}  // namespace

class Spawn : public testing::Test {
 protected:
  void run(Task<void> task) {
    spawn(context_.get_executor(), std::move(task), "listener", faults_,
          [this](const std::string& detail) { failures_.push_back(detail); });
    context_.run();
  }

  boost::asio::io_context context_{1};
  metrics::Registry registry_;
  metrics::Counter faults_ = registry_.counter("faults", "Faults");
  std::vector<std::string> failures_;
};

// Architecture, coroutines, rule 4: the end of a listener by an exception stops the daemon too.
TEST_F(Spawn, TellsOfAnException) {
  run(run_or_throw(true));
  EXPECT_EQ(failures_, std::vector<std::string>{"listener: broken"});
  EXPECT_EQ(faults_.value(), 1);
}

TEST_F(Spawn, TellsOfWhatIsNoStandardException) {
  run(throw_a_number());
  EXPECT_EQ(failures_, std::vector<std::string>{"listener: not a std::exception"});
}

TEST_F(Spawn, IsSilentAboutANormalEnd) {
  run(run_or_throw(false));
  EXPECT_TRUE(failures_.empty());
  EXPECT_EQ(faults_.value(), 0);
}

TEST_F(Spawn, CountsWhereNobodyIsToBeTold) {
  spawn(context_.get_executor(), run_or_throw(true), "session", faults_);
  context_.run();
  EXPECT_EQ(faults_.value(), 1);
}

}  // namespace certbound
