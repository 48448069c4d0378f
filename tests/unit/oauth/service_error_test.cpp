#include "unit/oauth/service_fixture.hpp"

namespace certbound::oauth {

class ServiceError : public ServiceFixture {
 protected:
  ServiceError() {
    model::Client no_grant = make_registration("no-grant");
    no_grant.grant_types.clear();
    model::Client poor = make_registration("poor");
    poor.resources.clear();
    model::Client narrow = make_registration("narrow");
    narrow.resources = {std::string{kOrders}};
    model::Client stale = make_registration("stale");
    stale.resources = {"https://gone.example"};
    start({make_registration("etl"), no_grant, poor, narrow, stale});
  }
  [[nodiscard]] Answer ask_as(const std::string& client_id, const std::string& more = "") {
    return ask_token(client_id, present(client_id == "etl" ? etl_ : test::make_client(client_id, root_)), more);
  }
  [[nodiscard]] Answer ask_body(const std::string& body) { return ask(make_token_request(body, present(etl_))); }
};

// RFC 6749 section 3.2 (6749-3.2-4, 6749-3.2-6).
TEST_F(ServiceError, RefusesABodyThatIsNoForm) {
  expect_refused(ask_body("grant_type=%zz"), 400, "invalid_request", "malformed_form");
  expect_refused(ask_body("client_id=etl&client_id=etl"), 400, "invalid_request", "repeated_parameter");
  http::Request json = make_token_request("{}", present(etl_));
  json.headers = {http::Header{"content-type", "application/json"}};
  expect_refused(ask(json), 400, "invalid_request", "wrong_content_type");
  json.headers.clear();
  expect_refused(ask(json), 400, "invalid_request", "wrong_content_type");
}

TEST_F(ServiceError, RefusesARequestWithoutItsParameters) {
  expect_refused(ask_body("client_id=etl"), 400, "invalid_request", "missing_parameter");
  expect_refused(ask_body("grant_type=&client_id=etl"), 400, "invalid_request", "missing_parameter");
  expect_refused(ask_body("grant_type=client_credentials"), 400, "invalid_request", "missing_parameter");
  expect_refused(ask_body(""), 400, "invalid_request", "missing_parameter");
}

// 6749-2.3.1-2: nothing counts that stands in the URL.
TEST_F(ServiceError, TakesNoParameterFromTheUrl) {
  http::Request request = make_token_request("", present(etl_));
  request.query = "grant_type=client_credentials&client_id=etl";
  expect_refused(ask(request), 400, "invalid_request", "missing_parameter");
}

// 6749-5.2-1. Authentication comes first (6749-5.2-4).
TEST_F(ServiceError, RefusesAnotherGrant) {
  for (const std::string grant : {"password", "authorization_code", "Client_Credentials", "refresh_token"}) {
    const std::string body = "client_id=etl&grant_type=" + grant;
    expect_refused(ask_body(body), 400, "unsupported_grant_type", "unsupported_grant_type");
    expect_refused(ask(make_token_request(body, nullptr)), 400, "invalid_client", "certificate_missing");
  }
}

TEST_F(ServiceError, RefusesAGrantThatTheClientHasNot) {
  expect_refused(ask_as("no-grant"), 400, "unauthorized_client", "grant_not_allowed");
}

// RFC 6749 section 3.3 (6749-3.3-1): no scope is dropped in silence.
TEST_F(ServiceError, RefusesAScope) {
  expect_refused(ask_as("etl", "&scope=read+delete"), 400, "invalid_scope", "scope_not_allowed");
  expect_refused(ask_as("etl", "&scope=READ"), 400, "invalid_scope", "scope_not_allowed");
  expect_refused(ask_as("etl", "&scope=read+count"), 400, "invalid_scope", "scope_not_allowed");
  // Registered, but no resource knows it; known, but to another resource (9068-3-2).
  expect_refused(ask_as("etl", "&scope=admin"), 400, "invalid_scope", "scope_not_for_resource");
  expect_refused(ask_as("etl", "&scope=write&resource=https://stock.example"), 400, "invalid_scope",
                 "scope_not_for_resource");
  for (const std::string scope : {"a%22b", "a%5Cb", "a%0Ab", "%C3%A4", "a%09b", "%7F"}) {
    expect_refused(ask_as("etl", "&scope=" + scope), 400, "invalid_scope", "malformed_scope");
  }
}

// RFC 8707 section 2.
TEST_F(ServiceError, RefusesAResource) {
  for (const std::string resource :
       {"orders.example", "https://orders.example%23f", "%2Forders", "https:", "a+b:c", "1https://orders.example"}) {
    expect_refused(ask_as("etl", "&resource=" + resource), 400, "invalid_target", "malformed_resource");
  }
  for (const std::string resource : {"https://unknown.example", "https://orders.example/", "HTTPS://orders.example"}) {
    expect_refused(ask_as("etl", "&resource=" + resource), 400, "invalid_target", "resource_unknown");
  }
  expect_refused(ask_as("narrow", "&resource=https://stock.example"), 400, "invalid_target", "resource_not_allowed");
  expect_refused(ask_as("etl", "&resource=https://orders.example&resource=https://unknown.example"), 400,
                 "invalid_target", "resource_unknown");
  expect_refused(ask_as("poor"), 400, "invalid_target", "resource_missing");
  expect_refused(ask_as("stale"), 400, "invalid_target", "resource_unknown");
}

// Whether a resource exists is not a stranger's business: both refusals read the same.
TEST_F(ServiceError, DoesNotTellAnUnknownResourceFromOneThatIsNotAllowed) {
  EXPECT_EQ(ask_as("narrow", "&resource=https://stock.example").text,
            ask_as("narrow", "&resource=https://unknown.example").text);
}

// 6749-5.2-3: %x20-21 / %x23-5B / %x5D-7E, whatever was sent.
TEST_F(ServiceError, PutsNothingOfTheRequestIntoTheAnswer) {
  for (const std::string more : {"&scope=%22%0d%0aX-Evil:%20y", "&resource=%22%5c%0a", "&scope=%C3%A4-evil"}) {
    const Answer answer = ask_as("etl", more);
    const std::string description = answer.body["error_description"];
    EXPECT_FALSE(description.empty());
    for (const char c : description) EXPECT_TRUE(c >= 0x20 && c < 0x7f && c != '"' && c != '\\') << description;
    EXPECT_EQ(answer.text.find("evil"), std::string::npos);
    for (const auto& [name, value] : answer.headers) EXPECT_EQ(value.find("Evil"), std::string::npos) << name;
  }
}

TEST_F(ServiceError, CountsRefusalsByReason) {
  static_cast<void>(ask_as("etl", "&scope=delete"));
  static_cast<void>(ask_as("etl", "&scope=delete"));
  EXPECT_EQ(metrics_.refusals[static_cast<std::size_t>(Reason::scope_not_allowed)].value(), 2);
  EXPECT_EQ(metrics_.tokens_issued.value(), 0);
}

// A refusal is a decision and has its record; what an authenticated client asked for wrongly names the client.
TEST_F(ServiceError, RecordsWhatItRefused) {
  static_cast<void>(ask_as("etl", "&scope=delete"));
  const Json record = records().back();
  EXPECT_EQ(record["outcome"], "refused");
  EXPECT_EQ(record["client_id"], "etl");
  EXPECT_EQ(record["auth_method"], "tls_client_auth");
  EXPECT_EQ(record["detail"], "delete");
  EXPECT_EQ(record["certificate"]["x5t#S256"], x509::x5t_s256(etl_.certificate));
  EXPECT_FALSE(record.contains("jti"));
}

// Product section 7: whatever a request lacks, its record says who asked.
TEST_F(ServiceError, RecordsWhoAskedBeforeAuthentication) {
  static_cast<void>(ask(make_token_request("client_id=etl", present(etl_))));
  EXPECT_EQ(records().back()["client_id"], "etl");
  EXPECT_EQ(records().back()["certificate"]["x5t#S256"], x509::x5t_s256(etl_.certificate));
  static_cast<void>(ask(make_token_request("a=%", present(etl_))));
  EXPECT_EQ(records().back()["reason"], "malformed_form");
  EXPECT_EQ(records().back()["certificate"]["x5t#S256"], x509::x5t_s256(etl_.certificate));
}

}  // namespace certbound::oauth
