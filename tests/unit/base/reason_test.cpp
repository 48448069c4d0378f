#include "base/reason.hpp"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace certbound {

// The log, the audit record and the metrics carry the names: one each, snake_case.
TEST(ReasonName, IsDistinctAndPlain) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    const auto text = name(static_cast<Reason>(i));
    EXPECT_FALSE(text.empty()) << i;
    EXPECT_EQ(text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789"), std::string_view::npos) << text;
    EXPECT_TRUE(names.insert(text).second) << text << " stands twice";
  }
  EXPECT_EQ(name(Reason::none), "none");
  EXPECT_EQ(name(Reason::subject_order_differs), "subject_order_differs");
  EXPECT_EQ(name(Reason::internal), "internal");
}

TEST(ReasonMeaning, IsASentence) {
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    const auto text = meaning(static_cast<Reason>(i));
    ASSERT_FALSE(text.empty()) << name(static_cast<Reason>(i));
    EXPECT_EQ(text.back(), '.') << text;
  }
}

}  // namespace certbound
