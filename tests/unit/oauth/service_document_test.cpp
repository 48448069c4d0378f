#include "unit/oauth/service_fixture.hpp"

namespace certbound::oauth {

namespace {

constexpr const char* kMetadataPath = "/.well-known/oauth-authorization-server";

}  // namespace

class ServiceDocument : public ServiceFixture {
 protected:
  ServiceDocument() { start({make_registration("etl")}); }
  void use_issuer(const std::string& issuer, const std::string& path) {
    snapshot_.issuer = issuer;
    snapshot_.issuer_path = path;
    publish();
  }
  [[nodiscard]] Answer ask_with_etag(const std::string& etag) {
    http::Request request = make_request(http::Method::get, "/oauth2/jwks");
    request.headers.emplace_back("if-none-match", etag);
    return ask(request);
  }
};

// RFC 8414 section 3 (8414-3-2, 8414-3-4).
TEST_F(ServiceDocument, ServesTheMetadataToAnybody) {
  const Answer answer = ask_document(kMetadataPath);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.content_type, "application/json");
  EXPECT_EQ(answer.body["issuer"], kIssuer);
  EXPECT_EQ(answer.header("Cache-Control"), "public, max-age=300");
}

// RFC 7517 section 5 (JOSE-10, JOSE-11, JOSE-12).
TEST_F(ServiceDocument, ServesThePublicHalfOfEveryKey) {
  SigningKey next = make_signing_key(model::SigningAlgorithm::es256);
  next.record.state = model::KeyState::next;
  snapshot_.keys.push_back(next);
  snapshot_.keys.push_back(make_signing_key(model::SigningAlgorithm::rs256));
  publish();
  const Answer answer = ask_document("/oauth2/jwks");

  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.content_type, "application/jwk-set+json");
  ASSERT_EQ(answer.body["keys"].size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    const Json& key = answer.body["keys"][i];
    EXPECT_EQ(key["kid"], snapshot_.keys[i].record.kid);
    EXPECT_EQ(key["use"], "sig");
    EXPECT_EQ(key["alg"], name(snapshot_.keys[i].record.algorithm));
    for (const char* member : {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}) EXPECT_FALSE(key.contains(member));
  }
}

// V8414: the well-known path stands before the issuer's path, whose terminating slash goes first.
TEST_F(ServiceDocument, StandsAtThePathOfItsIssuer) {
  use_issuer("https://as.example/issuer1", "/issuer1");
  EXPECT_EQ(ask_document("/.well-known/oauth-authorization-server/issuer1").body["issuer"],
            "https://as.example/issuer1");
  EXPECT_EQ(ask_document("/issuer1/oauth2/jwks").status, 200);
  EXPECT_EQ(ask_document("/issuer1/healthz").status, 200);
  for (const char* path : {kMetadataPath, "/issuer1/.well-known/oauth-authorization-server", "/oauth2/jwks", "/healthz",
                           "/.well-known/oauth-authorization-server/other"}) {
    EXPECT_EQ(ask_document(path).status, 404) << path;
  }
  http::Request request = make_token_request("grant_type=client_credentials&client_id=etl", present(etl_));
  EXPECT_EQ(ask(request).status, 404);
  request.path = "/issuer1/oauth2/token";
  EXPECT_EQ(ask(request).status, 200);
}

// RFC 9110 section 13.1.2.
TEST_F(ServiceDocument, AnswersAMatchingEtagWithout304Body) {
  const std::string etag = ask_document("/oauth2/jwks").header("ETag");
  EXPECT_TRUE(etag.starts_with('"') && etag.ends_with('"') && etag.size() > 2) << etag;
  for (const std::string& match : {etag, "W/" + etag, "\"x\", " + etag, std::string{"*"}}) {
    const Answer answer = ask_with_etag(match);
    EXPECT_EQ(answer.status, 304) << match;
    EXPECT_EQ(answer.text, "");
    EXPECT_EQ(answer.header("ETag"), etag);
    EXPECT_EQ(answer.header("Cache-Control"), "public, max-age=300");
  }
  for (const std::string& other : {std::string{"\"x\""}, etag.substr(1), std::string{}, "x" + etag}) {
    EXPECT_EQ(ask_with_etag(other).status, 200) << other;
  }
}

TEST_F(ServiceDocument, HasAnotherEtagWithOtherKeys) {
  const std::string before = ask_document("/oauth2/jwks").header("ETag");
  snapshot_.keys.push_back(make_signing_key(model::SigningAlgorithm::eddsa));
  publish();
  EXPECT_NE(ask_document("/oauth2/jwks").header("ETag"), before);
}

TEST_F(ServiceDocument, AnswersHeadAsGet) {
  // The session leaves the body out; its length is told.
  EXPECT_EQ(ask_document(kMetadataPath, http::Method::head).text, ask_document(kMetadataPath).text);
}

// RFC 9110 sections 9.3.7, 15.5.6 (6749-3.2-1, 8414-3-2).
TEST_F(ServiceDocument, SaysWhatEachUrlTakes) {
  const std::string document = "GET, HEAD, OPTIONS";
  const std::string token = "POST, OPTIONS";
  for (const auto& [path, allow] :
       {std::pair{std::string{kMetadataPath}, document}, std::pair{std::string{"/oauth2/jwks"}, document},
        std::pair{std::string{"/healthz"}, document}, std::pair{std::string{"/readyz"}, document},
        std::pair{std::string{"/oauth2/token"}, token}}) {
    const Answer options = ask_document(path, http::Method::options);
    EXPECT_EQ(options.status, 204) << path;
    EXPECT_EQ(options.header("Allow"), allow) << path;
    for (const auto method : {http::Method::other, allow == token ? http::Method::get : http::Method::post,
                              allow == token ? http::Method::head : http::Method::post}) {
      const Answer refused = ask_document(path, method);
      EXPECT_EQ(refused.status, 405) << path;
      EXPECT_EQ(refused.header("Allow"), allow) << path;
      EXPECT_EQ(refused.body["error"], "method_not_allowed");
      EXPECT_EQ(refused.body["request_id"], "request-1");
    }
  }
  EXPECT_TRUE(records().empty());
}

TEST_F(ServiceDocument, KnowsNoOtherUrl) {
  for (const char* path : {"/", "*", "/oauth2", "/oauth2/token/", "//oauth2/token", "/oauth2/%74oken", "/OAUTH2/token",
                           "/metrics", "/oauth2/../oauth2/jwks"}) {
    const Answer answer = ask_document(path);
    EXPECT_EQ(answer.status, 404) << path;
    EXPECT_EQ(answer.body["error"], "not_found");
  }
}

TEST_F(ServiceDocument, ServesItsHealth) {
  EXPECT_EQ(ask_document("/healthz").status, 200);
  EXPECT_EQ(ask_document("/readyz").status, 503);
  health_.set_ready(true);
  EXPECT_EQ(ask_document("/readyz").status, 200);
}

TEST_F(ServiceDocument, CountsItsRequests) {
  static_cast<void>(ask_document(kMetadataPath));
  static_cast<void>(ask_document("/oauth2/jwks"));
  static_cast<void>(ask_document("/healthz"));
  EXPECT_EQ(metrics_.document_requests.value(), 2);
}

}  // namespace certbound::oauth
