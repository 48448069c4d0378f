#include "config/scalar.hpp"

#include <gtest/gtest.h>

namespace certbound::config {
namespace {

TEST(LooksLikeNumber, FollowsTheCoreSchema) {
  for (const char* text :
       {"0", "-1", "+1", "017", "1.5", ".5", "1.", "1e3", "1.5E-3", "0x1F", "0o17", ".inf", "-.INF", ".nan"}) {
    EXPECT_TRUE(looks_like_number(text)) << text;
  }
  for (const char* text :
       {"", "-", ".", "e3", "1e", "1e+", "0x", "0xg", "1.2.3", "1_000", "10s", "127.0.0.1", "1:30", "a1"}) {
    EXPECT_FALSE(looks_like_number(text)) << text;
  }
}

TEST(LooksLikeNull, TakesTheFourSpellings) {
  for (const char* text : {"", "~", "null", "Null", "NULL"}) EXPECT_TRUE(looks_like_null(text)) << text;
  for (const char* text : {"none", "nUll", "~~"}) EXPECT_FALSE(looks_like_null(text)) << text;
}

TEST(ParseDecimal, TakesNoSignNoLeadingZeroAndNothingTooLarge) {
  EXPECT_EQ(parse_decimal("0"), 0);
  EXPECT_EQ(parse_decimal("9223372036854775807"), 9223372036854775807);
  for (const char* text : {"", "-1", "+1", "01", "1 ", " 1", "1.0", "0x1", "9223372036854775808", "\xd9\xa1"}) {
    EXPECT_FALSE(parse_decimal(text)) << text;
  }
}

TEST(ParseDuration, NeedsAUnit) {
  EXPECT_EQ(parse_duration("90s"), 90);
  EXPECT_EQ(parse_duration("5m"), 300);
  EXPECT_EQ(parse_duration("12h"), 43200);
  EXPECT_EQ(parse_duration("30d"), 2592000);
  EXPECT_EQ(parse_duration("0s"), 0);
  for (const char* text : {"", "5", "5M", "5 m", "m", "-5m", "1h30m", "1.5h", "05m", "5ms", "9223372036854775807d"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(ParseSize, TakesOctetsAndBinaryUnits) {
  EXPECT_EQ(parse_size("16384"), 16384);
  EXPECT_EQ(parse_size("16KiB"), 16384);
  EXPECT_EQ(parse_size("2MiB"), 2097152);
  for (const char* text : {"", "16K", "16kib", "16KB", "1GiB", "KiB", "1.5MiB", "9223372036854775807MiB"}) {
    EXPECT_FALSE(parse_size(text)) << text;
  }
}

}  // namespace
}  // namespace certbound::config
