#include "base/header_scan.hpp"

#include <string>

#include <gtest/gtest.h>

namespace certbound {

TEST(ScanHeader, FindsTheBlankLine) {
  const std::string text = "HTTP/1.1 200 OK\r\nA: b\r\n\r\nbody\r\n\r\n";
  EXPECT_EQ(scan_header(text, 0).end, text.find("body"));
  // From 3 octets before what is new, as long as it takes.
  for (std::size_t from = 0; from < text.find("body") - 3; ++from) {
    EXPECT_EQ(scan_header(text, from).end, text.find("body")) << from;
  }
}

TEST(ScanHeader, WaitsForWhatIsMissing) {
  const std::string text = "HTTP/1.1 200 OK\r\nA: b\r\n\r\n";
  for (std::size_t length = 0; length < text.size(); ++length) {
    const HeaderScan scan = scan_header(std::string_view{text}.substr(0, length), 0);
    EXPECT_EQ(scan.end, 0U) << length;
    EXPECT_FALSE(scan.is_malformed) << length;
  }
}

TEST(ScanHeader, RefusesWhatTwoReadersReadDifferently) {
  for (const std::string& text :
       {std::string{"A: b\n\n"}, std::string{"A: b\rc\r\n\r\n"}, std::string{"A: b\r\n c\r\n\r\n"},
        std::string{"A: b\r\n\tc\r\n\r\n"}, std::string{"A: \0b\r\n\r\n", 9}, std::string{"A: b\r\r\n\r\n"},
        std::string{"\rA: b\r\n\r\n"}, std::string{"A: b\r\n\r\r\n"}, std::string{"\n"}, std::string{"A\r\r"}}) {
    EXPECT_TRUE(scan_header(text, 0).is_malformed) << text;
  }
}

}  // namespace certbound
