#include "base/json.hpp"

#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace certbound {

namespace {

std::string json_refusal(std::string_view text, JsonLimits limits = JsonLimits{}) {
  const auto value = parse_json(text, limits);
  if (value) return {};
  EXPECT_EQ(value.error().code, ErrorCode::invalid_request);
  EXPECT_FALSE(value.error().detail.empty());
  return value.error().detail;
}

std::string nested(int depth) {
  const auto count = static_cast<std::size_t>(depth);
  return std::string(count, '[') + std::string(count, ']');
}

}  // namespace

TEST(ParseJson, ReadsEveryKindOfValue) {
  const auto value =
      parse_json(R"( {"a":[1,-2,3.5,1e3,true,false,null,"\u00e9\ud83d\ude00\n"],"b":{},"c":18446744073709551615} )");
  ASSERT_TRUE(value) << value.error().detail;
  EXPECT_EQ(value->at("a").size(), 8U);
  EXPECT_EQ(value->at("a").at(0), 1);
  EXPECT_EQ(value->at("a").at(1), -2);
  EXPECT_EQ(value->at("a").at(2), 3.5);
  EXPECT_EQ(value->at("a").at(3), 1000.0);
  EXPECT_EQ(value->at("a").at(4), true);
  EXPECT_TRUE(value->at("a").at(6).is_null());
  EXPECT_EQ(value->at("a").at(7), "\xc3\xa9\xf0\x9f\x98\x80\n");
  EXPECT_TRUE(value->at("b").is_object());
  EXPECT_EQ(value->at("c"), 18446744073709551615ULL);
}

TEST(ParseJson, ReadsAValueThatIsNoObject) {
  EXPECT_EQ(*parse_json("7"), 7);
  EXPECT_EQ(*parse_json("\"a\""), "a");
  EXPECT_TRUE(parse_json("null")->is_null());
}

// RFC 8259 section 4 leaves it to the parser which of two members counts; parsers disagree, so neither does.
TEST(ParseJson, RefusesARepeatedName) {
  EXPECT_EQ(json_refusal(R"({"alg":"ES256","alg":"none"})"), "the member \"alg\" stands twice");
  EXPECT_EQ(json_refusal(R"({"alg":"ES256","\u0061lg":"none"})"), "the member \"alg\" stands twice");
  EXPECT_EQ(json_refusal(R"({"a":{"b":1,"b":1}})"), "the member \"b\" stands twice");
  EXPECT_EQ(json_refusal(R"([{"a":1,"":2,"":3}])"), "the member \"\" stands twice");
}

TEST(ParseJson, PermitsANameOnceInEachObject) {
  EXPECT_EQ(json_refusal(R"({"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]})"), "");
  EXPECT_EQ(json_refusal(R"({"a":1,"A":2})"), "");
}

TEST(ParseJson, HoldsToItsDepth) {
  EXPECT_EQ(json_refusal(nested(16)), "");
  EXPECT_EQ(json_refusal(nested(17)), "nested deeper than 16");
  EXPECT_EQ(json_refusal(nested(10000)), "nested deeper than 16");
  EXPECT_EQ(json_refusal(std::string(60000, '[')), "nested deeper than 16");
  EXPECT_EQ(json_refusal(R"({"a":{"b":{}}})", JsonLimits{.max_depth = 2}), "nested deeper than 2");
  EXPECT_EQ(json_refusal("[[],[],[[]]]", JsonLimits{.max_depth = 3}), "") << "depth counts what is open, not what was";
}

TEST(ParseJson, HoldsToItsLength) {
  const std::string fits = "\"" + std::string(64UL * 1024 - 2, 'a') + "\"";
  EXPECT_EQ(json_refusal(fits), "");
  EXPECT_EQ(json_refusal(fits + " "), "JSON of 65537 octets; at most 65536 are read");
}

// RFC 8259.
TEST(ParseJson, RefusesWhatIsNotJson) {
  for (const auto* text : {"",         " ",       "{",           "}",           "[1,]",    "{\"a\":1,}", "{a:1}",
                           "{'a':1}",  "{\"a\"}", "{} {}",       "{}x",         "01",      "+1",         "1.",
                           ".5",       "0x1",     "NaN",         "Infinity",    "1e999",   "tru",        "\"a",
                           "\"a\nb\"", "\"\\x\"", "\"\\ud800\"", "\"\\udc00\"", "// c\n1", "[1 2]",      "\x01"}) {
    EXPECT_NE(json_refusal(text), "") << text;
  }
}

// The JSON library takes a NUL for the end.
TEST(ParseJson, RefusesANulAnywhere) {
  for (const std::string_view text :
       {std::string_view{"1\0", 2}, std::string_view{"{}\0{\"a\":1}", 10}, std::string_view{"\0", 1},
        std::string_view{"\"a\0b\"", 5}, std::string_view{"\0 1", 3}}) {
    EXPECT_NE(json_refusal(text), "");
  }
}

// RFC 8259 section 8.1.
// The library passes over it.
TEST(ParseJson, RefusesAByteOrderMark) {
  EXPECT_FALSE(parse_json("\xEF\xBB\xBF{}"));
  EXPECT_FALSE(parse_json("\xEF\xBB\xBF"));
  EXPECT_FALSE(parse_json("{}\xEF\xBB\xBF"));
  EXPECT_TRUE(parse_json("\"\xEF\xBB\xBF\""));
}

TEST(ParseJson, RefusesTextThatIsNotUtf8) {
  for (const auto* text :
       {"\"\xff\"", "\"\xc3\"", "\"\xc0\xaf\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "{\"\xff\":1}"}) {
    EXPECT_NE(json_refusal(text), "");
  }
}

// A text cut at any octet is no JSON.
TEST(ParseJson, RefusesEveryPartOfAText) {
  const std::string_view text = R"({"a":[1,-2.5e3,true,null,"\u00e9\n\ud83d\ude00"],"b":{"c":{}}})";
  ASSERT_EQ(json_refusal(text), "");
  for (std::size_t length = 0; length < text.size(); ++length)
    EXPECT_NE(json_refusal(text.substr(0, length)), "") << length;
}

TEST(StringMember, FindsStringsOnly) {
  const auto object = *parse_json(R"({"a":"x","b":1,"c":null,"d":""})");
  EXPECT_EQ(string_member(object, "a"), "x");
  for (const auto* absent : {"b", "c", "d", "e"}) EXPECT_EQ(string_member(object, absent), "") << absent;
  EXPECT_EQ(string_member(nlohmann::json::array(), "a"), "");
  EXPECT_EQ(string_member(nlohmann::json{}, "a"), "");
}

// RFC 7519 section 2.
TEST(ParseNumericDate, TakesSecondsWithAFractionOrWithout) {
  const auto at = [](const char* text, Rounding rounding) {
    const auto date = parse_numeric_date(nlohmann::json::parse(text), rounding);
    return date ? date->time_since_epoch().count() : -1;
  };
  EXPECT_EQ(at("1700000000", Rounding::down), 1700000000);
  EXPECT_EQ(at("1700000000.25", Rounding::down), 1700000000);
  EXPECT_EQ(at("1700000000.25", Rounding::up), 1700000001);
  EXPECT_EQ(at("1e3", Rounding::up), 1000);
  EXPECT_EQ(at("0", Rounding::up), 0);
  EXPECT_EQ(at("253402300799", Rounding::down), 253402300799);
  for (const char* wrong : {"-1", "253402300800", "1e300", "\"1700000000\"", "null", "[1]", "{}", "true"}) {
    EXPECT_EQ(at(wrong, Rounding::down), -1) << wrong;
  }
}

TEST(DumpJson, IsCompactAndSortedAndNeverThrows) {
  EXPECT_EQ(dump_json(nlohmann::json{{"b", 1}, {"a", {true, nullptr}}}), R"({"a":[true,null],"b":1})");
  EXPECT_EQ(dump_json(nlohmann::json{{"a", "\xff"}}), "{\"a\":\"\xef\xbf\xbd\"}");
}

}  // namespace certbound
