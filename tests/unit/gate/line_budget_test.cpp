#include "gate/line_budget.hpp"

#include <gtest/gtest.h>

namespace certbound::gate {

namespace {

constexpr WallTime kSecond{std::chrono::seconds{1'800'000'000}};

}  // namespace

TEST(LineBudget, GrantsSoManyLinesInASecondAndCountsTheRest) {
  LineBudget budget;
  for (std::size_t i = 0; i < LineBudget::kLines; ++i) EXPECT_EQ(budget.take(kSecond), 0U) << i;
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(budget.take(kSecond)) << i;
  EXPECT_EQ(budget.take(kSecond + std::chrono::seconds{1}), 1000U);
  EXPECT_EQ(budget.take(kSecond + std::chrono::seconds{1}), 0U);
}

TEST(LineBudget, GoesOnWhereTheClockIsSetBack) {
  LineBudget budget;
  for (std::size_t i = 0; i <= LineBudget::kLines; ++i) (void)budget.take(kSecond);
  EXPECT_EQ(budget.take(kSecond - std::chrono::hours{1}), 1U);
}

}  // namespace certbound::gate
