#include "base/clock.hpp"

#include <array>
#include <utility>

#include <gtest/gtest.h>

namespace certbound {

namespace {

WallTime at(long long seconds) { return WallTime{std::chrono::seconds{seconds}}; }

/// Unix seconds, or -1 and a failure.
long long parsed_seconds(std::string_view text) {
  const auto time = parse_time(text);
  EXPECT_TRUE(time) << text;
  return time ? unix_seconds(*time) : -1;
}

}  // namespace

// RFC 3339 section 5.8, and values of GNU date.
TEST(ParseTime, ReadsRfc3339) {
  EXPECT_EQ(parsed_seconds("1985-04-12T23:20:50.52Z"), 482196050);
  EXPECT_EQ(parsed_seconds("1996-12-19T16:39:57-08:00"), 851042397);
  EXPECT_EQ(parsed_seconds("1990-12-31T23:59:60Z"), 662688000);
  EXPECT_EQ(parsed_seconds("1937-01-01T12:00:27.87+00:20"), -1041337173);
  EXPECT_EQ(parsed_seconds("2026-11-21T02:20:38Z"), 1795227638);
  EXPECT_EQ(parsed_seconds("2026-11-21t02:20:38z"), 1795227638);
  EXPECT_EQ(parsed_seconds("2026-11-21 02:20:38Z"), 1795227638);
  EXPECT_EQ(parsed_seconds("2026-11-21T07:50:38+05:30"), 1795227638);
  EXPECT_EQ(parsed_seconds("2026-11-20T18:20:38-08:00"), 1795227638);
  EXPECT_EQ(parsed_seconds("1970-01-01T00:00:00-00:00"), 0);
}

TEST(ParseTime, ReadsUnixSeconds) {
  EXPECT_EQ(parsed_seconds("0"), 0);
  EXPECT_EQ(parsed_seconds("1795227638"), 1795227638);
  EXPECT_EQ(parsed_seconds("-1"), -1);
  EXPECT_EQ(parsed_seconds("4102444800"), 4102444800);
}

TEST(ParseTime, KnowsLeapYears) {
  for (const auto* text : {"2024-02-29T00:00:00Z", "2000-02-29T00:00:00Z", "0004-02-29T00:00:00Z"}) {
    EXPECT_TRUE(parse_time(text)) << text;
  }
  for (const auto* text :
       {"2023-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2024-02-30T00:00:00Z"}) {
    EXPECT_FALSE(parse_time(text)) << text;
  }
}

TEST(ParseTime, RefusesWhatIsNoTime) {
  for (const auto* text : {"",
                           " ",
                           "now",
                           "2026-11-21",
                           "2026-11-21T02:20:38",
                           "2026-11-21T02:20Z",
                           "2026-11-21T02:20:38+0530",
                           "2026-11-21T02:20:38+05",
                           "2026-11-21T02:20:38+24:00",
                           "2026-11-21T02:20:38+05:60",
                           "2026-11-21T24:00:00Z",
                           "2026-11-21T02:60:38Z",
                           "2026-11-21T02:20:61Z",
                           "2026-13-21T02:20:38Z",
                           "2026-00-21T02:20:38Z",
                           "2026-04-31T02:20:38Z",
                           "2026-11-00T02:20:38Z",
                           "2026-11-21T02:20:38.Z",
                           "2026-11-21T02:20:38.5",
                           "2026-11-21T02:20:38Z ",
                           " 2026-11-21T02:20:38Z",
                           "2026-11-21T02:20:38ZZ",
                           "26-11-21T02:20:38Z",
                           "2026/11/21T02:20:38Z",
                           "+026-11-21T02:20:38Z",
                           "2026-1a-21T02:20:38Z",
                           "2026-11-21_02:20:38Z",
                           "1795227638s",
                           "1.5",
                           "1e9",
                           "+1",
                           "0x10",
                           "--1",
                           "99999999999999999999"}) {
    const auto time = parse_time(text);
    ASSERT_FALSE(time) << text;
    EXPECT_EQ(time.error().code, ErrorCode::invalid_request);
    EXPECT_EQ(time.error().detail.find("\"" + std::string{text} + "\" is not a time"), 0U);
  }
}

// What to_rfc3339 could not write as RFC 3339 is not a time of ours.
TEST(ParseTime, RefusesYearsThatRfc3339CannotWrite) {
  EXPECT_EQ(parsed_seconds("9999-12-31T23:59:59Z"), 253402300799);
  EXPECT_FALSE(parse_time("253402300800"));
  EXPECT_FALSE(parse_time("9999-12-31T23:59:59-00:01"));
  EXPECT_FALSE(parse_time("9223372036854775807"));
  EXPECT_EQ(parsed_seconds("0000-01-01T00:00:00Z"), -62167219200);
  EXPECT_FALSE(parse_time("-62167219201"));
  EXPECT_FALSE(parse_time("0000-01-01T00:00:00+00:01"));
  EXPECT_FALSE(parse_time("-9223372036854775808"));
}

TEST(ToRfc3339, WritesUtc) {
  constexpr std::array<std::pair<long long, std::string_view>, 8> kTimes{{{0, "1970-01-01T00:00:00Z"},
                                                                          {-1, "1969-12-31T23:59:59Z"},
                                                                          {951782400, "2000-02-29T00:00:00Z"},
                                                                          {951868799, "2000-02-29T23:59:59Z"},
                                                                          {1795227638, "2026-11-21T02:20:38Z"},
                                                                          {4107542400, "2100-03-01T00:00:00Z"},
                                                                          {253402300799, "9999-12-31T23:59:59Z"},
                                                                          {-62167219200, "0000-01-01T00:00:00Z"}}};
  for (const auto& [seconds, text] : kTimes) EXPECT_EQ(to_rfc3339(at(seconds)), text);
}

// Every day of four centuries, each at another time of day.
TEST(ToRfc3339, IsReadBackByParseTime) {
  constexpr long long kDay = 86400;
  for (long long day = -366LL * 200; day < 366LL * 200; ++day) {
    const auto time = at(day * kDay + (day * 7919 % kDay + kDay) % kDay);
    const auto back = parse_time(to_rfc3339(time));
    ASSERT_TRUE(back) << to_rfc3339(time);
    ASSERT_EQ(*back, time) << to_rfc3339(time);
  }
}

TEST(Rfc3339NowWithMilliseconds, HasItsForm) {
  const std::string now = rfc3339_now_with_milliseconds();
  ASSERT_EQ(now.size(), std::string_view{"2026-11-21T02:20:38.123Z"}.size());
  EXPECT_EQ(now[19], '.');
  EXPECT_EQ(now.back(), 'Z');
  EXPECT_TRUE(parse_time(now)) << now;
}

}  // namespace certbound
