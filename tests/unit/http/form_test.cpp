#include "http/form.hpp"

#include <gtest/gtest.h>

namespace certbound::http {

namespace {

constexpr std::string_view kType = "application/x-www-form-urlencoded";

Result<Form> parse_body(std::string_view body) { return parse_form(body, kType); }

/// The value of `name` in a body that has to parse.
std::string value_in(std::string_view body, std::string_view name) {
  const auto form = parse_body(body);
  EXPECT_TRUE(form) << body;
  return form ? std::string{form->find(name)} : std::string{};
}

void expect_refused(std::string_view body, Reason reason) {
  const auto form = parse_body(body);
  ASSERT_FALSE(form) << body;
  EXPECT_EQ(form.error().code, ErrorCode::invalid_request) << body;
  EXPECT_EQ(form.error().reason, reason) << body;
}

std::string numbered_parameters(int count) {
  std::string body;
  for (int i = 0; i < count; ++i) body += "p" + std::to_string(i) + "=v&";
  return body;
}

}  // namespace

TEST(ParseForm, FindsTheParametersByName) {
  const auto form = parse_body("grant_type=client_credentials&client_id=etl&scope=a+b");

  ASSERT_TRUE(form);
  EXPECT_EQ(form->find("grant_type"), "client_credentials");
  EXPECT_EQ(form->find("client_id"), "etl");
  EXPECT_EQ(form->find("scope"), "a b");
  EXPECT_EQ(form->find("Scope"), "");
  EXPECT_FALSE(form->has("resource"));
}

// RFC 6749 appendix B has this value and its encoding.
TEST(ParseForm, DecodesTheExampleOfAppendixB) {
  EXPECT_EQ(value_in("v=+%25%26%2B%C2%A3%E2%82%AC", "v"), " %&+\xc2\xa3\xe2\x82\xac");
}

TEST(ParseForm, DecodesHexadecimalDigitsInEitherCase) {
  EXPECT_EQ(value_in("a=%2f%2F%3a", "a"), "//:");
  EXPECT_EQ(value_in("%63lient_id=x", "client_id"), "x");
}

TEST(ParseForm, KeepsWhatFollowsTheFirstEqualsSign) { EXPECT_EQ(value_in("a=b=c==", "a"), "b=c=="); }

// RFC 6749 section 3.2: a parameter without a value counts as omitted (6749-3.2-2).
TEST(ParseForm, TakesAnEmptyValueAsOmitted) {
  for (const std::string_view body : {"scope=&a=b", "scope&a=b", "a=b&scope", "a=b&scope="}) {
    const auto form = parse_body(body);
    ASSERT_TRUE(form) << body;
    EXPECT_FALSE(form->has("scope")) << body;
    EXPECT_TRUE(form->find_all("scope").empty()) << body;
    EXPECT_EQ(form->find("a"), "b") << body;
  }
}

TEST(ParseForm, ForgivesEmptyPairs) { EXPECT_EQ(value_in("&&a=b&&", "a"), "b"); }

TEST(ParseForm, AcceptsAnEmptyBody) {
  const auto form = parse_body("");
  ASSERT_TRUE(form);
  EXPECT_FALSE(form->has("a"));
  EXPECT_FALSE(form->has(""));
}

// RFC 6749 section 3.2: a parameter must not be included more than once (6749-3.2-4).
TEST(ParseForm, RefusesARepeatedParameter) {
  for (const std::string_view name : {"client_id", "grant_type", "scope"}) {
    const std::string pair = std::string{name} + "=a";
    const auto form = parse_body(pair + "&x=y&" + pair);
    ASSERT_FALSE(form) << name;
    EXPECT_EQ(form.error().code, ErrorCode::invalid_request);
    EXPECT_EQ(form.error().reason, Reason::repeated_parameter);
    EXPECT_EQ(form.error().detail, name);
  }
}

TEST(ParseForm, RefusesARepeatedParameterHoweverItIsSpelled) {
  expect_refused("client_id=a&%63lient%5Fid=b", Reason::repeated_parameter);
  expect_refused("scope=&scope=a", Reason::repeated_parameter);
  expect_refused("scope=a&scope", Reason::repeated_parameter);
}

TEST(ParseForm, RefusesARepeatedUnknownParameter) { expect_refused("foo=1&foo=2", Reason::repeated_parameter); }

// RFC 6749 section 3.2: unrecognised parameters are ignored (6749-3.2-3).
TEST(ParseForm, KeepsUnknownParametersApart) {
  EXPECT_EQ(value_in("foo=bar&client_id=a&Client_Id=b", "client_id"), "a");
}

// RFC 8707 section 2: several resource parameters.
TEST(ParseForm, LetsResourceBeRepeated) {
  const auto form = parse_body("resource=https%3A%2F%2Fa.example&resource=&resource=https://b.example");

  ASSERT_TRUE(form);
  EXPECT_EQ(form->find_all("resource"), (std::vector<std::string_view>{"https://a.example", "https://b.example"}));
  EXPECT_EQ(form->find("resource"), "https://a.example");
}

TEST(ParseForm, RefusesABadPercentEscape) {
  for (const std::string_view body : {"a=%zz", "a=%2", "a=%", "a=b%", "a=%4g", "a=%g4", "%=a", "%2=a", "a=%+1", "a=% 1",
                                      "a=%-1", "a=%%41", "a=%0x"}) {
    expect_refused(body, Reason::malformed_form);
  }
}

// RFC 6749 appendix B: UTF-8. Overlong forms and surrogates are how filters are passed by.
TEST(ParseForm, RefusesWhatIsNotUtf8) {
  for (const std::string_view body :
       {"a=%FF", "a=%C0%AF", "a=%E2%82", "a=%ED%A0%80", "a=%F4%90%80%80", "%FF=a", "a=\xff", "a=\xc3", "a=%C3&b=%A9"}) {
    expect_refused(body, Reason::malformed_form);
  }
}

TEST(ParseForm, RefusesANul) {
  expect_refused("client_id=etl%00evil", Reason::malformed_form);
  expect_refused("client%00_id=etl", Reason::malformed_form);
  expect_refused(std::string_view{"client_id=a\0b", 13}, Reason::malformed_form);
}

TEST(ParseForm, TakesAtMost64Parameters) {
  EXPECT_TRUE(parse_body(numbered_parameters(64)));
  expect_refused(numbered_parameters(65), Reason::malformed_form);
  std::string resources;
  for (int i = 0; i < 65; ++i) resources += "resource=https://a.example&";
  expect_refused(resources, Reason::malformed_form);
}

// 6749-3.2-6: the media type, in any case, with any parameter.
TEST(ParseForm, TakesTheMediaTypeWithParametersAndInAnyCase) {
  for (const std::string_view type :
       {"application/x-www-form-urlencoded", "application/x-www-form-urlencoded;charset=UTF-8",
        "application/x-www-form-urlencoded ; charset=utf-8", "APPLICATION/X-WWW-Form-URLencoded",
        " application/x-www-form-urlencoded\t"}) {
    EXPECT_TRUE(parse_form("a=b", type)) << type;
  }
}

TEST(ParseForm, RefusesAnotherMediaType) {
  for (const std::string_view type :
       {"", "application/json", "multipart/form-data; boundary=x", "text/plain", "application/x-www-form-urlencodedx",
        "application/x-www-form-urlencoded, text/plain", "; application/x-www-form-urlencoded",
        "application / x-www-form-urlencoded"}) {
    const auto form = parse_form("a=b", type);
    ASSERT_FALSE(form) << type;
    EXPECT_EQ(form.error().code, ErrorCode::invalid_request);
    EXPECT_EQ(form.error().reason, Reason::wrong_content_type);
    EXPECT_EQ(form.error().detail, type);
  }
}

// What is cut off is either refused or a form of what is there: never a value that was not sent.
TEST(ParseForm, CutAtEveryByteFindsNothingThatWasNotSent) {
  const std::string body = "grant_type=client_credentials&scope=a%20b&resource=https%3A%2F%2Fa.example&x=%E2%82%AC";
  const std::string scope = "a b";
  for (std::size_t length = 0; length <= body.size(); ++length) {
    const auto form = parse_body(std::string_view{body}.substr(0, length));
    if (!form) {
      EXPECT_EQ(form.error().reason, Reason::malformed_form) << length;
      continue;
    }
    EXPECT_TRUE(std::string_view{"client_credentials"}.starts_with(form->find("grant_type"))) << length;
    EXPECT_TRUE(std::string_view{scope}.starts_with(form->find("scope"))) << length;
    EXPECT_TRUE(std::string_view{"https://a.example"}.starts_with(form->find("resource"))) << length;
  }
}

// The error may be shown to the caller; nothing of the body is in it.
TEST(ParseForm, SaysNothingOfTheBodyInThePublicText) {
  const auto form = parse_body("client_secret=hunter2&client_secret=hunter2");
  ASSERT_FALSE(form);
  EXPECT_EQ(form.error().text.view(), "a parameter is repeated");
  EXPECT_EQ(form.error().detail, "client_secret");
}

}  // namespace certbound::http
