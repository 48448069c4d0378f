#include "config/expand.hpp"

#include <gtest/gtest.h>

#include "unit/config/memory_files.hpp"

namespace certbound::config {
namespace {

Expansion expand_with_host(std::string_view text) {
  static const MemoryFiles files{{}, {{"HOST", "as.example.com"}, {"EMPTY", ""}, {"NESTED", "${HOST}"}}};
  return expand(text, files.surroundings());
}

TEST(Expand, ReplacesAVariableAnywhere) {
  EXPECT_EQ(expand_with_host("https://${HOST}:8443/${HOST}").text, "https://as.example.com:8443/as.example.com");
}

TEST(Expand, LeavesOtherDollarSignsAlone) {
  const Expansion expansion = expand_with_host("$HOST costs $5$");
  EXPECT_EQ(expansion.text, "$HOST costs $5$");
  EXPECT_FALSE(expansion.has_variables);
}

TEST(Expand, WritesTheCharactersForADoubledDollarSign) {
  const Expansion expansion = expand_with_host("$${HOST}");
  EXPECT_EQ(expansion.text, "${HOST}");
  EXPECT_TRUE(expansion.problem.empty());
}

TEST(Expand, TakesAVariableThatIsSetToNothing) { EXPECT_EQ(expand_with_host("a${EMPTY}b").text, "ab"); }

TEST(Expand, DoesNotExpandWhatAVariableHolds) { EXPECT_EQ(expand_with_host("${NESTED}").text, "${HOST}"); }

TEST(Expand, RefusesAVariableThatIsNotSet) {
  EXPECT_EQ(expand_with_host("${NOWHERE}").problem,
            "the environment variable NOWHERE is not set; set it, or write the value");
}

TEST(Expand, RefusesWhatIsNoName) {
  for (const std::string_view text : {"${", "${}", "${HOST", "${1A}", "${A-B}", "${A B}", "${HOST:-x}"}) {
    EXPECT_FALSE(expand_with_host(text).problem.empty()) << text;
  }
}

}  // namespace
}  // namespace certbound::config
