#include "verifier/deny_feed.hpp"

#include "issuer.hpp"
#include "verifier/claims.hpp"

namespace certbound::verifier {

namespace {

using std::chrono::seconds;

using test::at;

/// A feed as the issuer renders it, with those denials.
nlohmann::json feed_with(const nlohmann::json& denied = nlohmann::json::object()) {
  nlohmann::json feed = {{"iss", test::kIssuer},
                         {"iat", at(-5)},
                         {"exp", at(115)},
                         {"denied",
                          {{"jti", nlohmann::json::array()},
                           {"x5t#S256", nlohmann::json::array()},
                           {"client_id", nlohmann::json::array()},
                           {"issued_before", nlohmann::json::array()}}}};
  for (const auto& [kind, list] : denied.items()) feed["denied"][kind] = list;
  return feed;
}

nlohmann::json one(const char* kind, const nlohmann::json& entry) { return {{kind, {entry}}}; }

/// What denies the good token now.
std::string_view denial_by(const nlohmann::json& denied, seconds offset = seconds{0}) {
  const auto feed = DenyFeed::parse(feed_with(denied).dump(), "text");
  if (!feed) throw std::runtime_error{feed.error().detail};
  const auto claims = parse_claims(test::good_claims().dump());
  return (*feed)->find_denial(claims->token, test::kNow + offset);
}

std::string feed_fault(const nlohmann::json& feed) {
  const auto parsed = DenyFeed::parse(feed.dump(), "text");
  return parsed ? std::string{} : parsed.error().detail;
}

}  // namespace

/// A verifier with a feed that the test exchanges.
class DeniedTokens : public testing::Test {
 protected:
  DeniedTokens() {
    publish(feed_with());
    auto options = test::options_for(issuer_);
    options.clock = [this] { return now_; };
    options.fetch_denied = [this] { return published_; };
    verifier_.emplace(std::move(options));
  }

  void publish(const nlohmann::json& feed, const char* type = "denied+jwt") {
    published_ = signed_feed(issuer_, feed, type);
  }
  static std::string signed_feed(const test::Issuer& issuer, const nlohmann::json& feed, const char* type) {
    auto header = issuer.header();
    header["typ"] = type;
    return issuer.sign(header.dump(), feed.dump());
  }
  [[nodiscard]] Decision decide() const { return verifier_->verify(issuer_.token(), test::presented()); }

  test::Issuer issuer_;
  std::chrono::sys_seconds now_ = test::kNow;
  std::optional<std::string> published_;
  std::optional<TokenVerifier> verifier_;
};

TEST(DenyFeed, FindsEveryKindOfDenial) {
  EXPECT_EQ(denial_by(nlohmann::json::object()), "");
  EXPECT_EQ(denial_by(one("jti", {{"jti", "Zm9vYmFyYmF6cXV4"}, {"until", at(60)}})), "jti");
  EXPECT_EQ(denial_by(one("jti", {{"jti", "other"}, {"until", at(60)}})), "");
  EXPECT_EQ(denial_by(one("x5t#S256", {{"x5t#S256", test::kThumbprint}, {"until", at(60)}})), "x5t#S256");
  EXPECT_EQ(denial_by(one("x5t#S256", {{"x5t#S256", test::kOtherThumbprint}, {"until", at(60)}})), "");
  EXPECT_EQ(denial_by(one("client_id", {{"client_id", "etl"}, {"until", at(60)}})), "client_id");
  EXPECT_EQ(denial_by(one("client_id", {{"client_id", "ETL"}, {"until", at(60)}})), "");
  EXPECT_EQ(denial_by(one("issued_before", {{"issued_before", at(-59)}, {"until", at(60)}})), "issued_before");
  EXPECT_EQ(denial_by(one("issued_before", {{"issued_before", at(-60)}, {"until", at(60)}})), "");
}

TEST(DenyFeed, DeniesUntilAndBefore) {
  const auto until = one("client_id", {{"client_id", "etl"}, {"until", at(60)}});
  EXPECT_EQ(denial_by(until, seconds{59}), "client_id");
  EXPECT_EQ(denial_by(until, seconds{60}), "");
  const auto before = [](int offset) {
    return one("client_id", {{"client_id", "etl"}, {"until", at(60)}, {"issued_before", at(offset)}});
  };
  EXPECT_EQ(denial_by(before(-60)), "");  // the token's iat
  EXPECT_EQ(denial_by(before(-59)), "client_id");
}

TEST(DenyFeed, DeniesForEverWhereTheEndIsAbsurd) {
  for (const auto until : {253402300800ULL, 18446744073709551615ULL}) {
    EXPECT_EQ(denial_by(one("client_id", {{"client_id", "etl"}, {"until", until}}), std::chrono::hours{24 * 365}),
              "client_id");
  }
  EXPECT_NE(feed_fault(feed_with(one("client_id", {{"client_id", "etl"}, {"until", -1}}))), "");
}

// The issuer names no end where somebody has to end it.
TEST(DenyFeed, DeniesForEverWhereThereIsNoEnd) {
  const auto feed = one("client_id", {{"client_id", "etl"}});
  EXPECT_EQ(denial_by(feed), "client_id");
  EXPECT_EQ(denial_by(feed, std::chrono::hours{24 * 365 * 1000}), "client_id");
}

// Two denials of one subject: each counts.
TEST(DenyFeed, KeepsEveryDenialOfASubject) {
  const nlohmann::json denied = {{"jti",
                                  {{{"jti", "Zm9vYmFyYmF6cXV4"}, {"until", at(-1)}},
                                   {{"jti", "Zm9vYmFyYmF6cXV4"}, {"until", at(60)}},
                                   {{"jti", "Zm9vYmFyYmF6cXV4"}, {"until", at(-1)}}}}};
  EXPECT_EQ(denial_by(denied), "jti");
}

// Half understood it would deny less than the issuer means.
TEST(DenyFeed, RefusesWhatItDoesNotUnderstand) {
  EXPECT_EQ(feed_fault(feed_with()), "");
  EXPECT_EQ(feed_fault(feed_with(one("sub", {{"sub", "x"}, {"until", 1}}))),
            "the deny feed: \"sub\": a kind that is not understood");
  EXPECT_NE(feed_fault(feed_with({{"jti", "x"}})), "");
  EXPECT_NE(feed_fault(feed_with(one("jti", "x"))), "");
  EXPECT_NE(feed_fault(feed_with(one("jti", {{"jti", "x"}, {"until", nullptr}}))), "");
  EXPECT_NE(feed_fault(feed_with(one("jti", {{"jti", "x"}, {"until", "1"}}))), "");
  EXPECT_NE(feed_fault(feed_with(one("jti", {{"jti", "x"}, {"until", 1.5}}))), "");
  EXPECT_NE(feed_fault(feed_with(one("jti", {{"jti", 7}, {"until", 1}}))), "");
  EXPECT_NE(feed_fault(feed_with(one("jti", {{"jti", ""}, {"until", 1}}))), "");
  EXPECT_NE(feed_fault(feed_with(one("client_id", {{"client_id", "x"}, {"until", 1}, {"issued_before", nullptr}}))),
            "");
  EXPECT_NE(feed_fault(feed_with(one("issued_before", {{"until", 1}}))), "");
  for (const auto* member : {"iss", "iat", "exp", "denied"}) {
    auto feed = feed_with();
    feed.erase(member);
    EXPECT_NE(feed_fault(feed), "") << member;
    feed[member] = true;
    EXPECT_NE(feed_fault(feed), "") << member;
  }
  EXPECT_NE(feed_fault("x"), "");
  EXPECT_FALSE(DenyFeed::parse(R"({"iss":"a","iss":"b"})", ""));
}

TEST_F(DeniedTokens, AreRefusedOnEveryCall) {
  EXPECT_TRUE(decide());
  publish(feed_with(one("jti", {{"jti", "Zm9vYmFyYmF6cXV4"}, {"until", at(240)}})));
  EXPECT_TRUE(verifier_->refresh_denied());
  for (int i = 0; i < 2; ++i) {
    const auto decision = decide();
    EXPECT_EQ(test::reason_of(decision), "denied");
    EXPECT_EQ(decision.refusal().status, 401);
    EXPECT_EQ(decision.refusal().www_authenticate, R"(Bearer realm="https://api.example.com", error="invalid_token")");
    EXPECT_EQ(decision.refusal().detail, "denied by jti");
  }
  publish(feed_with());
  EXPECT_TRUE(verifier_->refresh_denied());
  EXPECT_TRUE(decide());
}

TEST_F(DeniedTokens, AreHeardOfWithinTheInterval) {
  EXPECT_TRUE(decide());
  auto feed = feed_with(one("client_id", {{"client_id", "etl"}, {"until", at(240)}}));
  feed["iat"] = at(10);
  publish(feed);
  now_ += seconds{14};
  EXPECT_TRUE(decide());
  now_ += seconds{1};
  EXPECT_EQ(test::reason_of(decide()), "denied");
}

// Nobody can say any more that nothing else is denied.
TEST_F(DeniedTokens, MayBeAnyWhereTheFeedHasEnded) {
  EXPECT_TRUE(decide());
  published_ = std::nullopt;
  now_ += seconds{114};
  EXPECT_TRUE(decide());
  EXPECT_EQ(verifier_->denied_status().problem, "the source gave nothing");
  EXPECT_EQ(verifier_->denied_status().issued_at, test::kNow - seconds{5});
  now_ += seconds{1};
  const auto decision = decide();
  EXPECT_EQ(test::reason_of(decision), "denials_unavailable");
  EXPECT_EQ(decision.refusal().status, 503);
  auto feed = feed_with();
  feed["iat"] = at(114);
  feed["exp"] = at(230);
  publish(feed);
  now_ += seconds{15};
  EXPECT_TRUE(decide());
}

// It is asked for again after a second at first, then after twice as long each time, up to 15 s, less at random.
TEST_F(DeniedTokens, AreAskedForAgainSoonWhereTheFeedCouldNotBeHad) {
  int asked = 0;
  auto options = test::options_for(issuer_);
  options.clock = [this] { return now_; };
  options.fetch_denied = [&] {
    ++asked;
    return published_;
  };
  const TokenVerifier verifier{std::move(options)};
  const auto pass = [&](int count) {
    for (int i = 0; i < count; ++i) {
      now_ += seconds{1};
      (void)verifier.verify(issuer_.token(), test::presented());
    }
  };
  (void)verifier.verify(issuer_.token(), test::presented());
  EXPECT_EQ(asked, 1);
  published_ = std::nullopt;
  pass(14);
  EXPECT_EQ(asked, 1);
  pass(3);
  EXPECT_GE(asked, 3);  // when it was due, and a second or two later
  EXPECT_LE(asked, 4);
  const int before = asked;
  pass(60);
  EXPECT_GE(asked - before, 3);
  EXPECT_LE(asked - before, 14);
  // As soon as there is one again it is taken, within the longest pause.
  auto feed = feed_with();
  feed["iat"] = at(70);
  feed["exp"] = at(190);
  publish(feed);
  pass(16);
  EXPECT_EQ(verifier.denied_status().problem, "");
  EXPECT_EQ(verifier.denied_status().issued_at, test::kNow + seconds{70});
}

// A cache that gives out the same feed for ever does not make it newer.
TEST_F(DeniedTokens, AreAskedForAgainSoonWhereTheSameFeedHasEnded) {
  EXPECT_TRUE(decide());
  now_ += seconds{105};
  EXPECT_TRUE(decide());
  now_ += seconds{15};
  EXPECT_EQ(test::reason_of(decide()), "denials_unavailable");
  EXPECT_EQ(verifier_->denied_status().problem, "the deny feed: expired");
  auto feed = feed_with();
  feed["iat"] = at(121);
  feed["exp"] = at(240);
  publish(feed);
  now_ += seconds{2};
  EXPECT_TRUE(decide());
}

TEST_F(DeniedTokens, MayBeAnyWhereThereIsNoFeed) {
  published_ = std::nullopt;
  EXPECT_EQ(test::reason_of(decide()), "denials_unavailable");
  EXPECT_EQ(verifier_->denied_status().expires_at, std::chrono::sys_seconds{});
}

TEST_F(DeniedTokens, AreNamedByTheIssuerAlone) {
  EXPECT_TRUE(decide());
  const auto problem_with = [this](std::string feed) {
    published_ = std::move(feed);
    EXPECT_FALSE(verifier_->refresh_denied());
    return verifier_->denied_status().problem;
  };
  const std::string good = *published_;
  EXPECT_EQ(problem_with(signed_feed(issuer_, feed_with(one("jti", nlohmann::json::object())), "at+jwt")),
            "the deny feed: typ: not denied+jwt");
  EXPECT_EQ(problem_with(signed_feed(test::Issuer{"k1"}, feed_with(), "denied+jwt")) + "x", "the signature is wrongx");
  EXPECT_EQ(problem_with(signed_feed(test::Issuer{"k2"}, feed_with(), "denied+jwt")), "kid: no key is named \"k2\"");
  auto feed = feed_with();
  feed["iss"] = "https://other.example.com";
  EXPECT_EQ(problem_with(signed_feed(issuer_, feed, "denied+jwt")), "the deny feed: of another issuer");
  feed = feed_with();
  feed["exp"] = at(0);
  EXPECT_EQ(problem_with(signed_feed(issuer_, feed, "denied+jwt")), "the deny feed: expired");
  feed = feed_with();
  feed["iat"] = at(1);
  EXPECT_EQ(problem_with(signed_feed(issuer_, feed, "denied+jwt")), "the deny feed: from the future");
  // One that was kept takes nothing back.
  feed = feed_with();
  feed["iat"] = at(-6);
  EXPECT_EQ(problem_with(signed_feed(issuer_, feed, "denied+jwt")), "the deny feed: older than the one in use");
  EXPECT_TRUE(decide());
}

// An access token is no feed, and a feed no access token.
TEST_F(DeniedTokens, AreNotMistakenForAFeed) {
  published_ = issuer_.token();
  EXPECT_EQ(test::reason_of(decide()), "denials_unavailable");
  publish(feed_with());
  EXPECT_TRUE(verifier_->refresh_denied());
  EXPECT_EQ(test::reason_of(verifier_->verify(*published_, test::presented())), "type_wrong");
}

// As long as the issuer makes it.
TEST_F(DeniedTokens, MayBeTensOfThousands) {
  auto denied = nlohmann::json::array();
  for (int i = 0; i < 50000; ++i)
    denied.push_back({{"jti", "0123456789abcdef" + std::to_string(i)}, {"until", at(240)}});
  denied.push_back({{"jti", "Zm9vYmFyYmF6cXV4"}, {"until", at(240)}});
  publish(feed_with({{"jti", denied}}));
  EXPECT_EQ(test::reason_of(decide()), "denied");
}

TEST_F(DeniedTokens, AreHeardOfThroughANewKey) {
  const test::Issuer next{"k2"};
  auto options = test::options_for(issuer_);
  options.jwks.clear();
  options.clock = [this] { return now_; };
  std::string jwks = issuer_.jwks();
  options.fetch_keys = [&jwks] { return std::optional{jwks}; };
  options.fetch_denied = [this] { return published_; };
  const TokenVerifier verifier{std::move(options)};
  EXPECT_TRUE(verifier.verify(issuer_.token(), test::presented()));
  jwks = nlohmann::json{{"keys", {issuer_.jwk(), next.jwk()}}}.dump();
  published_ = signed_feed(next, feed_with(one("client_id", {{"client_id", "etl"}, {"until", at(240)}})), "denied+jwt");
  now_ += seconds{15};
  EXPECT_EQ(test::reason_of(verifier.verify(issuer_.token(), test::presented())), "denied");
}

}  // namespace certbound::verifier
