#include "fetch/failure.hpp"

#include <set>

#include <gtest/gtest.h>

namespace certbound::fetch {

// The log and the metrics carry the names: one each, snake_case.
TEST(FailureName, IsDistinctAndPlain) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kFailureCount; ++i) {
    const auto failure = static_cast<Failure>(i);
    EXPECT_FALSE(name(failure).empty()) << i;
    EXPECT_EQ(name(failure).find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string_view::npos) << name(failure);
    EXPECT_TRUE(names.insert(name(failure)).second) << name(failure) << " stands twice";
    EXPECT_TRUE(meaning(failure).ends_with('.')) << name(failure);
  }
  EXPECT_EQ(name(Failure::address_refused), "address_refused");
  EXPECT_EQ(name(Failure::internal), "internal");
}

}  // namespace certbound::fetch
