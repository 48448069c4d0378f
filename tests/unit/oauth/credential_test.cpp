#include "oauth/client_auth/credential.hpp"

#include <optional>

#include "unit/oauth/client_key.hpp"

namespace certbound::oauth {

namespace {

using Kind = Credential::Kind;

constexpr const char* kType = "&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer";

std::string basic(std::string_view text) { return "Basic " + base64_encode(as_bytes(text)); }

http::Form parsed_form(const std::string& body) {
  return value_or_throw(http::parse_form(body, "application/x-www-form-urlencoded"));
}

/// What was read; the form that it views is kept for the length of a test.
Result<Credential> read(const http::Form& form, const std::vector<std::string>& authorization = {}) {
  http::Request request;
  for (const std::string& value : authorization) request.headers.emplace_back("authorization", value);
  return read_credential(request, form);
}

std::string reason(const std::string& body, const std::vector<std::string>& authorization = {}) {
  const auto credential = read(parsed_form(body), authorization);
  if (credential) return "accepted";
  const bool is_code_right = credential.error().reason == Reason::several_credentials ||
                             credential.error().reason == Reason::missing_parameter;
  EXPECT_EQ(credential.error().code, is_code_right ? ErrorCode::invalid_request : ErrorCode::invalid_client);
  return std::string{name(credential.error().reason)};
}

}  // namespace

TEST(ReadCredential, TakesOneOfEachKind) {
  const http::Form plain = parsed_form("client_id=etl&grant_type=client_credentials");
  EXPECT_EQ(read(plain)->kind, Kind::none);
  EXPECT_EQ(read(plain)->client_id, "etl");
  EXPECT_EQ(read(plain)->description(), "");

  const http::Form with_secret = parsed_form("client_id=etl&client_secret=a%2Bb");
  EXPECT_EQ(read(with_secret)->kind, Kind::secret_in_body);
  EXPECT_EQ(read(with_secret)->secret, "a+b");

  const http::Form with_assertion = parsed_form("client_id=etl&client_assertion=a.b.c" + std::string{kType});
  EXPECT_EQ(read(with_assertion)->kind, Kind::assertion);
  EXPECT_EQ(read(with_assertion)->assertion, "a.b.c");
  EXPECT_EQ(read(with_assertion)->client_id, "etl");

  EXPECT_EQ(read(plain, {"Bearer abc"})->kind, Kind::other_scheme);
  EXPECT_EQ(read(plain, {"Bearer abc"})->client_id, "etl");
  EXPECT_EQ(read(plain, {"Basicx abc"})->kind, Kind::other_scheme);
}

// RFC 6749 section 2.3.1: V6749; V9449-7, whose secret holds a colon and, since it is form-encoded, a blank.
TEST(ReadCredential, ReadsThePublishedHeaders) {
  const http::Form form = parsed_form("grant_type=client_credentials");
  const auto sample = read(form, {"Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW"});
  ASSERT_TRUE(sample) << sample.error().detail;
  EXPECT_EQ(sample->kind, Kind::basic);
  EXPECT_EQ(sample->client_id, "s6BhdRkqt3");
  EXPECT_EQ(sample->secret, "gX1fBat3bV");
  const auto server = read(form, {"Basic cnM6cnM6TWt1LTZnX2xDektJZHo0ZnNON2tZY3lhK1Rp"});
  ASSERT_TRUE(server) << server.error().detail;
  EXPECT_EQ(server->client_id, "rs");
  EXPECT_EQ(server->secret, "rs:Mku-6g_lCzKIdz4fsN7kYcya Ti");
}

// 6749-2.3.1-1: both halves are form-encoded before base64; RFC 9110 section 11.1: the scheme in any case.
TEST(ReadCredential, DecodesBothHalves) {
  const http::Form form = parsed_form("grant_type=client_credentials");
  const auto credential = read(form, {basic("a%3Ab+%25%2B:s%3A+%26")});
  ASSERT_TRUE(credential) << credential.error().detail;
  EXPECT_EQ(credential->client_id, "a:b %+");
  EXPECT_EQ(credential->secret, "s: &");
  for (const char* scheme : {"basic ", "BASIC ", "Basic   "}) {
    EXPECT_EQ(read(form, {scheme + basic("etl:x").substr(6)})->client_id, "etl") << scheme;
  }
}

TEST(ReadCredential, RefusesADamagedBasicHeader) {
  const std::string body = "grant_type=client_credentials";
  for (const std::string& value : {std::string{"Basic"}, std::string{"Basic "}, std::string{"Basic !!!"},
                                   std::string{"Basic ZXRsOng=="}, std::string{"Basic ZXRsOng= ZXRsOng="}, basic("etl"),
                                   basic(":x"), basic("etl:"), basic("%zz:x"), basic("etl:%4"), basic("")}) {
    EXPECT_EQ(reason(body, {value}), "secret_wrong") << value;
  }
}

// RFC 6749 section 2.3, 6749-2.3-1: two at once are no request, whatever they are.
TEST(ReadCredential, RefusesTwoCredentials) {
  const std::string assertion = "&client_assertion=a.b.c" + std::string{kType};
  EXPECT_EQ(reason("client_id=etl&client_secret=x" + assertion), "several_credentials");
  EXPECT_EQ(reason("client_id=etl&client_secret=x" + std::string{kType}), "several_credentials");
  for (const std::string& header : {basic("etl:x"), std::string{"Bearer x"}, std::string{"x"}}) {
    EXPECT_EQ(reason("client_id=etl&client_secret=x", {header}), "several_credentials") << header;
    EXPECT_EQ(reason("client_id=etl" + assertion, {header}), "several_credentials") << header;
    EXPECT_EQ(reason("client_id=etl", {header, header}), "several_credentials") << header;
  }
}

// A header is one however empty it is: who stands before us may have looked at the other.
TEST(ReadCredential, CountsAnEmptyAuthorizationHeader) {
  EXPECT_EQ(reason("client_id=etl", {"", basic("etl:x")}), "several_credentials");
  EXPECT_EQ(reason("client_id=etl", {basic("etl:x"), ""}), "several_credentials");
  EXPECT_EQ(reason("client_id=etl", {"", ""}), "several_credentials");
  EXPECT_EQ(reason("client_id=etl&client_secret=x", {""}), "several_credentials");
}

// 7523-2.2-1.
TEST(ReadCredential, RefusesHalfAnAssertion) {
  EXPECT_EQ(reason("client_id=etl" + std::string{kType}), "missing_parameter");
  EXPECT_EQ(reason("client_id=etl&client_assertion=" + std::string{kType}), "missing_parameter");
  EXPECT_EQ(reason("client_id=etl&client_assertion=a.b.c"), "assertion_type_wrong");
  for (const char* type :
       {"saml2-bearer", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer",
        "urn:ietf:params:oauth:client-assertion-type:JWT-bearer", "urn:ietf:params:oauth:grant-type:jwt-bearer"}) {
    EXPECT_EQ(reason("client_id=etl&client_assertion=a.b.c&client_assertion_type=" + std::string{type}),
              "assertion_type_wrong")
        << type;
  }
  // RFC 6749 section 3.2: a parameter without a value is none.
  EXPECT_EQ(reason("client_id=etl&client_assertion=&client_assertion_type=&client_secret="), "accepted");
}

// RFC 6749 section 3.2: no parameter twice, so no second assertion either.
TEST(ReadCredential, FindsNoParameterTwice) {
  for (const char* body : {"client_assertion=a&client_assertion=b", "client_secret=a&client_secret=a",
                           "client_id=a&client_id=b", "client_assertion_type=a&client_assertion_type=a"}) {
    EXPECT_FALSE(http::parse_form(body, "application/x-www-form-urlencoded")) << body;
  }
}

// 7523-2.2-2, RFC 6749 section 3.2.1: named twice is well, two names are not.
TEST(ReadCredential, RefusesTwoNames) {
  EXPECT_EQ(read(parsed_form("client_id=etl"), {basic("etl:x")})->client_id, "etl");
  EXPECT_EQ(reason("client_id=other", {basic("etl:x")}), "client_id_mismatch");
  EXPECT_EQ(reason("client_id=ETL", {basic("etl:x")}), "client_id_mismatch");
}

// RFC 7521 section 4.2: the subject names the client where nothing else does. Whether it is the same is the method's
// question: a client_id beside it decides whose keys are asked.
TEST(ReadCredential, TakesTheClientFromTheAssertion) {
  const ClientKey key;
  const http::Form alone = parsed_form("grant_type=client_credentials" + assertion_parameters(key.assertion("etl")));
  EXPECT_EQ(read(alone)->client_id, "etl");
  const http::Form named = parsed_form("client_id=other" + assertion_parameters(key.assertion("etl")));
  EXPECT_EQ(read(named)->client_id, "other");
  const http::Form garbage = parsed_form("grant_type=client_credentials" + assertion_parameters("a.b.c"));
  EXPECT_EQ(read(garbage)->client_id, "");
}

// 6749-2.3.1-2: nothing in the URL counts.
TEST(ReadCredential, LooksAtNoQuery) {
  http::Request request;
  request.query = "client_id=etl&client_secret=x";
  const http::Form form = parsed_form("grant_type=client_credentials");
  const auto credential = read_credential(request, form);
  ASSERT_TRUE(credential);
  EXPECT_EQ(credential->kind, Kind::none);
  EXPECT_EQ(credential->client_id, "");
}

}  // namespace certbound::oauth
