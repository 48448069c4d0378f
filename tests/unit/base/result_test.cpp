#include "base/result.hpp"

#include <memory>
#include <string>
#include <type_traits>

#include <gtest/gtest.h>

namespace certbound {

namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return invalid_input("odd");
  return number / 2;
}

Result<std::string> half_as_text(int number) {
  auto result = half(number);
  if (!result) return std::move(result).error();
  return std::to_string(*result);
}

Result<void> check_even(int number) {
  if (auto result = half(number); !result) return std::move(result).error();
  return {};
}

// A Result must not turn into a truth value, or into another Result, by accident.
static_assert(!std::is_convertible_v<Result<int>, bool>);
static_assert(std::is_constructible_v<bool, Result<int>>);
static_assert(!std::is_constructible_v<Result<int>, std::string>);
static_assert(std::is_nothrow_move_constructible_v<Result<std::unique_ptr<int>>>);
static_assert(!std::is_copy_constructible_v<Result<std::unique_ptr<int>>>);

}  // namespace

TEST(Result, HoldsAValue) {
  const auto result = half(8);
  ASSERT_TRUE(result);
  EXPECT_TRUE(result.has_value());
  EXPECT_EQ(*result, 4);
}

TEST(Result, HoldsAnError) {
  const auto result = half(7);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::invalid_request);
  EXPECT_EQ(result.error().detail, "odd");
}

TEST(Result, PassesAnErrorOnToAnotherType) {
  EXPECT_EQ(*half_as_text(8), "4");
  EXPECT_EQ(half_as_text(7).error().detail, "odd");
  EXPECT_TRUE(check_even(8));
  EXPECT_EQ(check_even(7).error().detail, "odd");
}

TEST(Result, MovesWhatCannotBeCopied) {
  Result<std::unique_ptr<int>> result{std::make_unique<int>(7)};
  ASSERT_TRUE(result);
  EXPECT_EQ(**result, 7);
  const std::unique_ptr<int> taken = *std::move(result);
  EXPECT_EQ(*taken, 7);
  EXPECT_EQ(result.operator*(), nullptr);
}

TEST(Result, ReachesMembers) {
  Result<std::string> result{"abc"};
  EXPECT_EQ(result->size(), 3U);
  result->push_back('d');
  EXPECT_EQ(*result, "abcd");
}

// A null pointer is a value like any other.
TEST(Result, TellsANullPointerFromAnError) {
  const Result<std::unique_ptr<int>> result{nullptr};
  EXPECT_TRUE(result.has_value());
}

}  // namespace certbound
