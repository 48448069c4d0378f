#include "app/version.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace certbound::app {

TEST(Version, HasThreeNumbers) {
  EXPECT_EQ(std::count(version_text().begin(), version_text().end(), '.'), 2);
  EXPECT_EQ(version_text().find_first_not_of("0123456789."), std::string_view::npos);
}

TEST(Commit, IsKnownOrSaysThatItIsNot) {
  const bool is_hash = commit_text().find_first_not_of("0123456789abcdef") == std::string_view::npos;
  EXPECT_TRUE(commit_text() == "unknown" || (is_hash && commit_text().size() == 12)) << commit_text();
}

}  // namespace certbound::app
