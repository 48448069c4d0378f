#include "cli/output.hpp"

#include <cstdlib>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace certbound::cli {

TEST(Printable, KeepsWhatATerminalCanShow) {
  for (const std::string text : {"", "CN=etl-01,O=Partner Corp",
                                 "Gr\xc3\xb6\xc3\x9f"
                                 "e",
                                 "~!@#$%^&*()"}) {
    EXPECT_EQ(printable(text), text);
  }
}

// A name is copied from here into a configuration: RFC 4514's escapes stay as they are.
TEST(Printable, KeepsQuotesAndBackslashes) {
  for (const std::string text : {R"(CN=Smith\, John)", R"(a "b" c)", R"(\)", R"(\\)", R"(\")", R"("\")", R"(a\\"b)"}) {
    EXPECT_EQ(printable(text), text);
  }
}

// Nothing of a stranger moves the cursor, colours, or makes a second line.
TEST(Printable, EscapesControlCharacters) {
  EXPECT_EQ(printable("a\nb"), R"(a\nb)");
  EXPECT_EQ(printable("a\r\tb"), R"(a\r\tb)");
  EXPECT_EQ(printable("\x1b[31m"), R"(\u001b[31m)");
  EXPECT_EQ(printable("\x7f"), R"(\u007f)");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m"),
            R"(\u009b31m)");
  EXPECT_EQ(printable("\xe2\x80\xa8"), R"(\u2028)");
  EXPECT_EQ(printable(std::string_view{"a\0b", 3}), R"(a\u0000b)");
  EXPECT_EQ(printable("\xff"), R"(\ufffd)");
}

TEST(Fail, PrintsOneLineAndPassesTheStatusOn) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(fail(ExitStatus::answer_is_no, "no client \"a\nb\""), ExitStatus::answer_is_no);
  EXPECT_EQ(fail(ExitStatus::could_not_run, invalid_input("the detail")), ExitStatus::could_not_run);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "certbound: no client \"a\\nb\"\ncertbound: the detail\n");
}

TEST(PrintJson, NeverThrowsForWhatIsNotUtf8) {
  testing::internal::CaptureStdout();
  print_json({{"a", "\xff"}});
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "{\n  \"a\": \"\\ufffd\"\n}\n");
}

// A stranger's text may turn a terminal's line around, in a value as in a name.
TEST(PrintJson, IsAscii) {
  testing::internal::CaptureStdout();
  print_json({{"\xc2\x9b", "\xe2\x80\xae\x7f"}});
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "{\n  \"\\u009b\": \"\\u202e\\u007f\"\n}\n");
}

// Product section 2: --config, else $CERTBOUND_CONFIG, else the system's.
TEST(ConfigurationPath, IsTheArgumentThenTheEnvironmentThenTheSystems) {
  Arguments none;
  ::unsetenv("CERTBOUND_CONFIG");
  EXPECT_EQ(configuration_path(none), "/etc/certbound/certbound.yaml");
  ::setenv("CERTBOUND_CONFIG", "", 1);
  EXPECT_EQ(configuration_path(none), "/etc/certbound/certbound.yaml");
  ::setenv("CERTBOUND_CONFIG", "environment.yaml", 1);
  EXPECT_EQ(configuration_path(none), "environment.yaml");
  Arguments given;
  given.add("--config", {"argument.yaml"});
  EXPECT_EQ(configuration_path(given), "argument.yaml");
  ::unsetenv("CERTBOUND_CONFIG");
}

}  // namespace certbound::cli
