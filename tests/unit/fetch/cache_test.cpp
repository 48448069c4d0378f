#include "fetch/cache.hpp"

#include <gtest/gtest.h>

namespace certbound::fetch {

namespace {

using namespace std::chrono_literals;

constexpr WallTime kReceived{std::chrono::seconds{784111777}};  // 1994-11-06T08:49:37Z

ResponseHead head_of(std::initializer_list<std::pair<const char*, const char*>> fields) {
  ResponseHead head;
  head.status = 200;
  for (const auto& [name, value] : fields) head.fields.emplace_back(name, value);
  return head;
}

std::chrono::seconds fresh_for(std::initializer_list<std::pair<const char*, const char*>> fields) {
  FreshnessBounds bounds;
  bounds.minimum = 60s;
  bounds.maximum = 24h;
  bounds.otherwise = 900s;
  return freshness(head_of(fields), kReceived, bounds);
}

}  // namespace

// RFC 9110 section 5.6.7.
TEST(ParseHttpDate, ReadsTheThreeForms) {
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT", kReceived), kReceived);
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT", kReceived), kReceived);
  EXPECT_EQ(parse_http_date("Sun Nov  6 08:49:37 1994", kReceived), kReceived);
}

TEST(ParseHttpDate, GivesTwoDigitsTheirCentury) {
  const WallTime in_2026{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT", in_2026), kReceived);
  EXPECT_EQ(parse_http_date("Thursday, 01-Jan-76 00:00:00 GMT", in_2026),
            WallTime{std::chrono::sys_days{std::chrono::year{2076} / 1 / 1}});
}

TEST(ParseHttpDate, RefusesEverythingElse) {
  for (const char* text :
       {"", "0", "-1", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:00 GMT", "Sun, 06 Nov 1994 08-49-37 GMT",
        "Sun, 06 Nox 1994 08:49:37 GMT", "Sun, xx Nov 1994 08:49:37 GMT", "Sun, 06 Nov 19x4 08:49:37 GMT",
        "1994-11-06T08:49:37Z", "Sunday, 06-Nov-9x 08:49:37 GMT", "Sun Nov  6 08:49:37 199x", ", GMT"}) {
    EXPECT_FALSE(parse_http_date(text, kReceived)) << text;
  }
}

TEST(ParseHttpDate, ReadsNoOctetBeyondItsText) {
  const std::string date = "Sunday, 06-Nov-94 08:49:37 GMT";
  for (std::size_t length = 0; length < date.size(); ++length) {
    EXPECT_FALSE(parse_http_date(date.substr(0, length), kReceived)) << length;
    EXPECT_FALSE(parse_http_date(date.substr(date.size() - length), kReceived)) << length;
  }
}

// RFC 9111 section 4.2.
TEST(Freshness, ReadsMaxAgeLessAge) {
  EXPECT_EQ(fresh_for({{"cache-control", "max-age=3600"}}), 3600s);
  EXPECT_EQ(fresh_for({{"cache-control", "public, MAX-AGE=\"3600\""}}), 3600s);
  EXPECT_EQ(fresh_for({{"cache-control", "max-age=3600"}, {"age", "600"}}), 3000s);
  EXPECT_EQ(fresh_for({{"cache-control", "max-age=3600"}, {"age", "600, 10"}}), 3000s);
  EXPECT_EQ(fresh_for({{"cache-control", "max-age=3600"}, {"expires", "Sun, 06 Nov 1994 08:49:37 GMT"}}), 3600s);
  // Of a shared cache: we are none.
  EXPECT_EQ(fresh_for({{"cache-control", "s-maxage=5, max-age=3600"}}), 3600s);
}

TEST(Freshness, ReadsExpiresLessDate) {
  EXPECT_EQ(fresh_for({{"expires", "Sun, 06 Nov 1994 10:49:37 GMT"}}), 7200s);
  EXPECT_EQ(fresh_for({{"expires", "Sun, 06 Nov 1994 10:49:37 GMT"}, {"date", "Sun, 06 Nov 1994 09:49:37 GMT"}}),
            3600s);
  EXPECT_EQ(fresh_for({{"expires", "Sun, 06 Nov 1994 10:49:37 GMT"}, {"age", "600"}}), 6600s);
}

TEST(Freshness, IsForcedIntoItsBounds) {
  EXPECT_EQ(fresh_for({{"cache-control", "max-age=1"}}), 60s);
  EXPECT_EQ(fresh_for({{"cache-control", "max-age=31536000"}}), 24h);
  EXPECT_EQ(fresh_for({{"cache-control", "max-age=99999999999999999999999"}}), 24h);
  EXPECT_EQ(fresh_for({{"cache-control", "max-age=3600"}, {"age", "99999999999999999999"}}), 60s);
  EXPECT_EQ(fresh_for({{"expires", "Sun, 06 Nov 9999 08:49:37 GMT"}}), 24h);
  EXPECT_EQ(fresh_for({}), 900s);
  FreshnessBounds bounds;
  bounds.minimum = 10s;
  bounds.maximum = 20s;
  bounds.otherwise = 1h;
  EXPECT_EQ(freshness(head_of({}), kReceived, bounds), 20s);
}

TEST(Freshness, IsTheMinimumWhereItIsForbidden) {
  EXPECT_EQ(fresh_for({{"cache-control", "no-store, max-age=3600"}}), 60s);
  EXPECT_EQ(fresh_for({{"cache-control", "max-age=3600"}, {"cache-control", "No-Cache"}}), 60s);
  EXPECT_EQ(fresh_for({{"cache-control", "no-cache=\"set-cookie, x\", max-age=3600"}}), 60s);
}

TEST(Freshness, IsTheMinimumWhereTheHeadersAreMalformed) {
  EXPECT_EQ(fresh_for({{"cache-control", "max-age=soon"}}), 60s);
  EXPECT_EQ(fresh_for({{"cache-control", "max-age=-5"}}), 60s);
  EXPECT_EQ(fresh_for({{"cache-control", "max-age"}}), 60s);
  EXPECT_EQ(fresh_for({{"cache-control", "max-age=3600, max-age=120"}}), 120s);
  EXPECT_EQ(fresh_for({{"expires", "0"}}), 60s);
}

TEST(Freshness, SeesNoDirectiveInsideAQuotedString) {
  EXPECT_EQ(fresh_for({{"cache-control", "x=\"a, no-store\", max-age=3600"}}), 3600s);
  EXPECT_EQ(fresh_for({{"cache-control", ",, ,max-age=3600,"}}), 3600s);
}

TEST(ReadValidators, KeepsWhatIsWellFormed) {
  const auto validators =
      read_validators(head_of({{"etag", "W/\"a-1\""}, {"last-modified", "Sun, 06 Nov 1994 08:49:37 GMT"}}), kReceived);
  EXPECT_EQ(validators.etag, "W/\"a-1\"");
  EXPECT_EQ(validators.last_modified, "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_TRUE(validators.has_any());
}

// They are sent back to the server: nothing else may be in them.
TEST(ReadValidators, DropsWhatIsNot) {
  const std::string long_tag = '"' + std::string(300, 'a') + '"';
  for (const char* tag : {"a", "\"", "\"a", "w/\"a\"", "\"a\" , \"b\"", "\"a\"b\"", "\"a b\"", long_tag.c_str()}) {
    EXPECT_FALSE(read_validators(head_of({{"etag", tag}}), kReceived).has_any()) << tag;
  }
  EXPECT_FALSE(read_validators(head_of({{"last-modified", "yesterday"}}), kReceived).has_any());
}

TEST(ReadRetryAfter, ReadsBothForms) {
  EXPECT_EQ(read_retry_after(head_of({{"retry-after", "120"}}), kReceived), 120s);
  EXPECT_EQ(read_retry_after(head_of({{"retry-after", "Sun, 06 Nov 1994 08:50:37 GMT"}}), kReceived), 60s);
  EXPECT_EQ(read_retry_after(head_of({{"retry-after", "Sun, 06 Nov 1994 08:00:00 GMT"}}), kReceived), 0s);
  EXPECT_FALSE(read_retry_after(head_of({{"retry-after", "soon"}}), kReceived));
  EXPECT_FALSE(read_retry_after(head_of({}), kReceived));
}

}  // namespace certbound::fetch
