#include "oauth/error_response.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace certbound::oauth {

namespace {

http::Request request_with(const std::string& authorization = {}) {
  http::Request request;
  request.id = "r-1";
  if (!authorization.empty()) request.headers.emplace_back("authorization", authorization);
  return request;
}

Error error_of(ErrorCode code) { return {code, Reason::internal, "public text", "private detail"}; }

std::string find_response_header(const http::Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return "(absent)";
}

std::string challenge_of(const std::string& authorization) {
  return find_response_header(render_error(error_of(ErrorCode::invalid_client), request_with(authorization)),
                              "WWW-Authenticate");
}

}  // namespace

// RFC 6749 section 5.2, RFC 8707 section 2.
TEST(RenderError, HasStatusAndNameOfEachCode) {
  const std::pair<ErrorCode, int> codes[] = {
      {ErrorCode::invalid_request, 400},         {ErrorCode::invalid_client, 400},
      {ErrorCode::unauthorized_client, 400},     {ErrorCode::unsupported_grant_type, 400},
      {ErrorCode::invalid_scope, 400},           {ErrorCode::invalid_target, 400},
      {ErrorCode::temporarily_unavailable, 503}, {ErrorCode::server_error, 500}};
  for (const auto& [code, status] : codes) {
    const http::Response response = render_error(error_of(code), request_with());
    EXPECT_EQ(response.status, status) << name(code);
    EXPECT_EQ(nlohmann::json::parse(response.body),
              (nlohmann::json{{"error", name(code)}, {"error_description", "public text"}, {"request_id", "r-1"}}));
    EXPECT_EQ(find_response_header(response, "Cache-Control"), "no-store");
    EXPECT_EQ(find_response_header(response, "WWW-Authenticate"), "(absent)");
    EXPECT_EQ(find_response_header(response, "Retry-After"), status == 503 ? "1" : "(absent)") << name(code);
  }
}

TEST(RenderError, SaysNothingOfReasonAndDetail) {
  const http::Response response = render_error(error_of(ErrorCode::server_error), request_with());
  EXPECT_EQ(response.body.find("private"), std::string::npos);
  EXPECT_EQ(response.body.find("internal"), std::string::npos);
}

TEST(RenderError, AnswersInvalidClientWith401WhereTheHeaderWasUsed) {
  const http::Response refused = render_error(error_of(ErrorCode::invalid_client), request_with("Basic eDp5"));
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(find_response_header(refused, "WWW-Authenticate"), "Basic realm=\"certbound\"");
  EXPECT_EQ(render_error(error_of(ErrorCode::invalid_scope), request_with("Basic eDp5")).status, 400);
}

// The scheme of the same name; what is none is not sent back.
TEST(RenderError, ChallengesWithTheSchemeThatWasUsed) {
  EXPECT_EQ(challenge_of("Bearer abc"), "Bearer realm=\"certbound\"");
  EXPECT_EQ(challenge_of("Negotiate"), "Negotiate realm=\"certbound\"");
  EXPECT_EQ(challenge_of("a\"b c"), "Basic realm=\"certbound\"");
  EXPECT_EQ(challenge_of("a,b c"), "Basic realm=\"certbound\"");
  EXPECT_EQ(challenge_of(" x"), "Basic realm=\"certbound\"");
  EXPECT_EQ(challenge_of(std::string(33, 'a')), "Basic realm=\"certbound\"");
}

}  // namespace certbound::oauth
