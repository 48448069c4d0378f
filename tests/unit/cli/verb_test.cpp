#include "cli/verb.hpp"

#include <gtest/gtest.h>

namespace certbound::cli {

TEST(Arguments, HoldWhatWasGiven) {
  Arguments arguments;
  arguments.add("--json", {});
  arguments.add("--cert", {"a.crt"});
  arguments.add("--crl", {"1", "2"});

  EXPECT_TRUE(arguments.has("--json"));
  EXPECT_EQ(arguments.value("--json"), "");
  EXPECT_EQ(arguments.value("--cert"), "a.crt");
  EXPECT_EQ(arguments.value("--crl"), "1");
  EXPECT_EQ(arguments.values("--crl"), (std::vector<std::string>{"1", "2"}));
}

TEST(Arguments, AreEmptyWhereNothingWasGiven) {
  const Arguments arguments;
  EXPECT_FALSE(arguments.has("--cert"));
  EXPECT_EQ(arguments.value("--cert"), "");
  EXPECT_TRUE(arguments.values("--cert").empty());
}

TEST(Arguments, AreReplacedByTheNextOfTheirName) {
  Arguments arguments;
  arguments.add("ID", {"a"});
  arguments.add("ID", {"b"});
  EXPECT_EQ(arguments.values("ID"), std::vector<std::string>{"b"});
}

// The exit statuses are part of the interface (product.md section 2).
TEST(ExitStatuses, AreWhatUsersSee) {
  EXPECT_EQ(static_cast<int>(ExitStatus::done), 0);
  EXPECT_EQ(static_cast<int>(ExitStatus::answer_is_no), 1);
  EXPECT_EQ(static_cast<int>(ExitStatus::wrong_usage), 2);
  EXPECT_EQ(static_cast<int>(ExitStatus::could_not_run), 3);
  EXPECT_EQ(static_cast<int>(ExitStatus::invalid_configuration), 78);
}

}  // namespace certbound::cli
