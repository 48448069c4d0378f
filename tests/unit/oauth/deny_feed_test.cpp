#include "oauth/endpoints/deny_feed.hpp"

#include "unit/oauth/token_endpoint_fixture.hpp"

namespace certbound::oauth {

class DenyFeed : public TokenEndpointFixture {
 protected:
  [[nodiscard]] Result<Document> render(const std::vector<model::Denial>& denials) {
    auto signer = value_or_throw(TokenSigner::make(snapshot_.active_key()));
    return render_deny_feed(denials, snapshot_, signer, FakeClock::now);
  }
  [[nodiscard]] static model::Denial make(model::DenialKind kind, const std::string& subject) {
    model::Denial denial;
    denial.kind = kind;
    denial.subject = subject;
    denial.reason = "not for the public";
    denial.until = FakeClock::now + std::chrono::seconds{1};
    return denial;
  }
};

TEST_F(DenyFeed, ListsWhatIsInForceByKind) {
  model::Denial older = make(model::DenialKind::client, "etl \"1\"");
  older.issued_before = FakeClock::now;
  model::Denial all = make(model::DenialKind::issued_before, "");
  all.issued_before = FakeClock::now;
  model::Denial over = make(model::DenialKind::jti, "over");
  over.until = FakeClock::now;
  const auto feed = render({make(model::DenialKind::jti, "a"), make(model::DenialKind::jti, "b"), over, older, all,
                            make(model::DenialKind::thumbprint, "T")});
  ASSERT_TRUE(feed) << feed.error().detail;
  const jose::VerifiedJws jwt = verify_text(feed->body);
  EXPECT_EQ(Json::parse(jwt.header_json)["typ"], "denied+jwt");
  const long long now = unix_seconds(FakeClock::now);
  const Json expected = {
      {"iss", kIssuer},
      {"iat", now},
      {"exp", now + kFeedLifetime.count()},
      {"denied",
       {{"jti", {{{"jti", "a"}, {"until", now + 1}}, {{"jti", "b"}, {"until", now + 1}}}},
        {"x5t#S256", Json::array({{{"x5t#S256", "T"}, {"until", now + 1}}})},
        {"client_id", Json::array({{{"client_id", "etl \"1\""}, {"issued_before", now}, {"until", now + 1}}})},
        {"issued_before", Json::array({{{"issued_before", now}, {"until", now + 1}}})}}}};
  EXPECT_EQ(Json::parse(jwt.payload), expected);
}

TEST_F(DenyFeed, SaysThatNothingIsDenied) {
  const auto feed = render({});
  ASSERT_TRUE(feed);
  EXPECT_EQ(Json::parse(verify_text(feed->body).payload)["denied"], (Json{{"jti", Json::array()},
                                                                          {"x5t#S256", Json::array()},
                                                                          {"client_id", Json::array()},
                                                                          {"issued_before", Json::array()}}));
}

// What ends when somebody ends it has no end.
TEST_F(DenyFeed, NamesNoEndWhereThereIsNone) {
  model::Denial endless = make(model::DenialKind::client, "etl");
  endless.until.reset();
  model::Denial far = make(model::DenialKind::client, "far");
  far.until = value_or_throw(parse_time("9999-12-31T23:59:59Z"));
  const auto feed = render({endless, far});
  ASSERT_TRUE(feed);
  const Json expected = Json::array({{{"client_id", "etl"}}, {{"client_id", "far"}, {"until", 253402300799}}});
  EXPECT_EQ(Json::parse(verify_text(feed->body).payload)["denied"]["client_id"], expected);
}

// Half a feed would say of the others that they are not denied.
TEST_F(DenyFeed, IsNoneWhereItIsLargerThanVerifiersTake) {
  const std::vector<model::Denial> many(7, make(model::DenialKind::jti, std::string(1 << 20, 'x')));
  const auto feed = render(many);
  ASSERT_FALSE(feed);
  EXPECT_NE(feed.error().detail.find("verifiers take 8388608"), std::string::npos) << feed.error().detail;
}

TEST_F(DenyFeed, IsShownWithAnEtagAndABriefLife) {
  EXPECT_EQ(ask_document("/oauth2/denied").status, 503);
  service_->publish_feed(std::make_shared<const Document>(value_or_throw(render({}))));
  const Answer answer = ask_document("/oauth2/denied");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.content_type, "application/jwt");
  EXPECT_EQ(answer.header("Cache-Control"), "public, max-age=15");
  EXPECT_EQ(introspect("orders-api", answer.text).text, R"({"active":false})");
  EXPECT_EQ(ask_document("/oauth2/denied", http::Method::post).status, 405);
}

}  // namespace certbound::oauth
