#include "base/backoff.hpp"

#include <limits>

#include <gtest/gtest.h>

namespace certbound {

namespace {

using namespace std::chrono_literals;

constexpr Backoff kBackoff{5s, 60s};
constexpr double kAlmostOne = 0.999999;

}  // namespace

TEST(DelayAfterFailure, DoublesUpToTheMaximum) {
  EXPECT_EQ(delay_after_failure(kBackoff, 1, 0, 0s), 2500ms);
  EXPECT_EQ(delay_after_failure(kBackoff, 2, 0, 0s), 5s);
  EXPECT_EQ(delay_after_failure(kBackoff, 3, 0, 0s), 10s);
  EXPECT_EQ(delay_after_failure(kBackoff, 4, 0, 0s), 20s);
  EXPECT_EQ(delay_after_failure(kBackoff, 5, 0, 0s), 30s);
  EXPECT_EQ(delay_after_failure(kBackoff, std::numeric_limits<int>::max(), 0, 0s), 30s);
}

TEST(DelayAfterFailure, SpreadsOverTheSecondHalf) {
  EXPECT_EQ(delay_after_failure(kBackoff, 3, 0.5, 0s), 15s);
  EXPECT_GE(delay_after_failure(kBackoff, 3, kAlmostOne, 0s), 19990ms);
  EXPECT_LE(delay_after_failure(kBackoff, 3, kAlmostOne, 0s), 20s);
}

// RFC 9110 section 10.2.3; but a server cannot send us away for good.
TEST(DelayAfterFailure, HeedsRetryAfterWithinTheMaximum) {
  EXPECT_EQ(delay_after_failure(kBackoff, 1, 0, 30s), 30s);
  EXPECT_EQ(delay_after_failure(kBackoff, 1, 0, 1h), 60s);
  EXPECT_EQ(delay_after_failure(kBackoff, 5, 0, 1s), 30s);
}

TEST(DelayAfterFailure, EndsWhateverItIsGiven) {
  EXPECT_LE(delay_after_failure(Backoff{0ms, 0ms}, std::numeric_limits<int>::max(), 0.5, 0s), 1ms);
  EXPECT_LE(delay_after_failure(Backoff{1h, 1s}, 1, 0.5, 0s), 1s);
}

TEST(DelayAfterSuccess, ComesALittleBeforeTheEnd) {
  EXPECT_EQ(delay_after_success(1000s, 0), 1000s);
  EXPECT_EQ(delay_after_success(1000s, 0.5), 950s);
  EXPECT_GE(delay_after_success(1000s, kAlmostOne), 900s);
  EXPECT_LT(delay_after_success(1000s, kAlmostOne), 901s);
}

}  // namespace certbound
