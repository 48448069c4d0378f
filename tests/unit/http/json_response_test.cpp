#include "http/json_response.hpp"

#include <algorithm>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace certbound::http {

namespace {

std::string header_of(const Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return "(absent)";
}

}  // namespace

TEST(ErrorResponse, IsJsonWithTheCodeTheTextAndTheRequestId) {
  const Response response = error_response(400, "invalid_scope", "the scope is not available", "r-1");

  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.content_type, "application/json");
  const auto json = nlohmann::json::parse(response.body);
  EXPECT_EQ(json, (nlohmann::json{{"error", "invalid_scope"},
                                  {"error_description", "the scope is not available"},
                                  {"request_id", "r-1"}}));
}

// RFC 6749 section 5.1: nothing with credentials around it is kept by a cache.
TEST(ErrorResponse, IsNotCached) {
  const Response response = error_response(400, "invalid_request", "text", "r");
  EXPECT_EQ(header_of(response, "Cache-Control"), "no-store");
  EXPECT_EQ(header_of(response, "Pragma"), "no-cache");
}

TEST(ErrorResponse, LeavesAnEmptyDescriptionOut) {
  const auto json = nlohmann::json::parse(error_response(500, "server_error", "", "r").body);
  EXPECT_FALSE(json.contains("error_description"));
}

// RFC 6749 section 5.2 (6749-5.2-3): %x20-21 / %x23-5B / %x5D-7E. PublicText refuses the rest when it is compiled; what
// it permits comes through as it is, without an escape.
TEST(ErrorResponse, CarriesEveryPermittedCharacterUnescaped) {
  constexpr PublicText kEveryPermitted =
      " !#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~";
  const Response response = error_response(400, "invalid_request", kEveryPermitted, "r");

  EXPECT_NE(response.body.find(kEveryPermitted.view()), std::string::npos);
  EXPECT_EQ(nlohmann::json::parse(response.body)["error_description"], kEveryPermitted.view());
}

TEST(ErrorResponse, EscapesARequestIdThatIsNotOurs) {
  const auto json = nlohmann::json::parse(error_response(400, "e", "t", "a\"}\n").body);
  EXPECT_EQ(json["request_id"], "a\"}\n");
}

// RFC 9110 section 15.5.6: a 405 says what is allowed.
TEST(MethodNotAllowed, SaysWhatIsAllowed) {
  const Response response = method_not_allowed("POST, OPTIONS", "r-2");

  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(header_of(response, "Allow"), "POST, OPTIONS");
  EXPECT_EQ(nlohmann::json::parse(response.body)["request_id"], "r-2");
}

TEST(NotFound, IsA404AsJson) {
  const Response response = not_found("r-3");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(nlohmann::json::parse(response.body)["error"], "not_found");
}

}  // namespace certbound::http
