#include "oauth/token_request.hpp"

#include <gtest/gtest.h>

namespace certbound::oauth {

namespace {

Result<TokenRequest> parse_request(std::string_view body) {
  const auto form = http::parse_form(body, "application/x-www-form-urlencoded");
  if (!form) return form.error();
  return parse_token_request(*form);
}

}  // namespace

TEST(ParseTokenRequest, TakesTheParametersAsTheyWereSent) {
  const auto request = parse_request("grant_type=client_credentials&scope=b+a&resource=urn:a&resource=urn:b");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->grant_type, "client_credentials");
  EXPECT_EQ(request->scope, "b a");
  EXPECT_EQ(request->resources, (std::vector<std::string>{"urn:a", "urn:b"}));
}

TEST(ParseTokenRequest, AsksForNothingByItself) {
  const auto request = parse_request("grant_type=x");
  ASSERT_TRUE(request);
  EXPECT_TRUE(request->scope.empty());
  EXPECT_TRUE(request->resources.empty());
}

// RFC 6749 section 4.4.2.
TEST(ParseTokenRequest, NeedsAGrantType) {
  for (const std::string_view body : {"", "scope=a", "grant_type=", "grant_type"}) {
    const auto request = parse_request(body);
    ASSERT_FALSE(request) << body;
    EXPECT_EQ(request.error().code, ErrorCode::invalid_request);
    EXPECT_EQ(request.error().reason, Reason::missing_parameter);
    EXPECT_EQ(request.error().detail, "grant_type");
  }
}

}  // namespace certbound::oauth
