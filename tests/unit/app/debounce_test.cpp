#include "app/debounce.hpp"

#include <gtest/gtest.h>

namespace certbound::app {

namespace {

constexpr Debounce::Time kBegin{std::chrono::hours{1}};
using std::chrono::milliseconds;

}  // namespace

TEST(Debounce, IsNotDueWhereNothingWasNoted) {
  Debounce changes;
  EXPECT_FALSE(changes.due());
  EXPECT_FALSE(changes.is_due(kBegin));
}

TEST(Debounce, WaitsForQuiet) {
  Debounce changes;
  changes.note(kBegin);
  changes.note(kBegin + milliseconds{200});
  EXPECT_EQ(changes.due(), kBegin + milliseconds{200} + Debounce::kQuiet);
  EXPECT_FALSE(changes.is_due(kBegin + Debounce::kQuiet));
  EXPECT_TRUE(changes.is_due(kBegin + milliseconds{200} + Debounce::kQuiet));
}

// Who never stops writing must not keep a new certificate out.
TEST(Debounce, DoesNotWaitForQuietForever) {
  Debounce changes;
  for (milliseconds at{0}; at <= Debounce::kMost; at += milliseconds{100}) changes.note(kBegin + at);
  EXPECT_EQ(changes.due(), kBegin + Debounce::kMost);
}

TEST(Debounce, BeginsAnewAfterItWasActedOn) {
  Debounce changes;
  changes.note(kBegin);
  changes.clear();
  EXPECT_FALSE(changes.due());
  changes.note(kBegin + Debounce::kMost);
  EXPECT_EQ(changes.due(), kBegin + Debounce::kMost + Debounce::kQuiet);
}

}  // namespace certbound::app
