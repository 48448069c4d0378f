#include "certbound/token_verifier.hpp"

#include <array>
#include <stdexcept>
#include <vector>

#include "issuer.hpp"

namespace certbound {

namespace {

using std::chrono::seconds;
using verifier::test::good_claims;
using verifier::test::Issuer;
using verifier::test::kNow;
using verifier::test::options_for;
using verifier::test::other_presented;
using verifier::test::presented;
using verifier::test::reason_of;

/// What the constructor says of the options; empty where it takes them.
template <typename Change>
std::string option_fault(const Change& change) {
  static const Issuer issuer;
  auto options = options_for(issuer);
  change(options);
  try {
    const TokenVerifier verifier{std::move(options)};
  } catch (const std::invalid_argument& problem) {
    return problem.what();
  }
  return {};
}

nlohmann::json claims_with(const nlohmann::json& changes) {
  auto claims = good_claims();
  claims.merge_patch(changes);
  return claims;
}

}  // namespace

/// An issuer of one key, and a verifier that knows it, with a clock that the test moves.
class TokenVerifierTest : public testing::Test {
 protected:
  TokenVerifierTest() {
    auto options = options_for(issuer_);
    options.clock = [this] { return now_; };
    verifier_.emplace(std::move(options));
  }

  [[nodiscard]] Decision decide(const nlohmann::json& changes = nlohmann::json::object()) {
    return verifier_->verify(issuer_.token(claims_with(changes)), presented_);
  }

  Issuer issuer_;
  std::chrono::sys_seconds now_ = kNow;
  PresentedCertificate presented_ = presented();
  std::optional<TokenVerifier> verifier_;
};

TEST_F(TokenVerifierTest, AcceptsATokenWithItsCertificate) {
  const auto decision = verifier_->verify(issuer_.token(), presented_, {"orders.read"});
  ASSERT_TRUE(decision) << decision.refusal().detail;
  EXPECT_EQ(decision.token().client_id, "etl");
  EXPECT_EQ(decision.token().key_id, "k1");
  EXPECT_EQ(decision.token().x5t_s256, verifier::test::kThumbprint);
  EXPECT_THROW((void)decision.refusal(), std::bad_variant_access);
}

TEST_F(TokenVerifierTest, GivesTheAnswerToARefusal) {
  const auto decision = verifier_->verify(issuer_.token(), other_presented());
  ASSERT_FALSE(decision);
  EXPECT_EQ(decision.refusal().reason, RefusalReason::certificate_mismatch);
  EXPECT_EQ(decision.refusal().status, 401);
  EXPECT_EQ(decision.refusal().www_authenticate, R"(Bearer realm="https://api.example.com", error="invalid_token")");
  EXPECT_THROW((void)decision.token(), std::bad_variant_access);
}

// Each of its faults alone, in a token that the issuer has signed.
TEST_F(TokenVerifierTest, RefusesEachFaultOfTheClaims) {
  EXPECT_EQ(reason_of(decide({{"iss", "https://other.example.com"}})), "issuer_wrong");
  EXPECT_EQ(reason_of(decide({{"aud", "https://other.example.com"}})), "audience_wrong");
  EXPECT_EQ(reason_of(decide({{"exp", 1768478400}})), "expired");
  EXPECT_EQ(reason_of(decide({{"nbf", 1768478401}})), "not_yet_valid");
  EXPECT_EQ(reason_of(decide({{"sub", nullptr}})), "claims_malformed");
  EXPECT_EQ(reason_of(decide({{"cnf", nullptr}})), "confirmation_missing");
  EXPECT_EQ(reason_of(decide({{"cnf", {{"jwk", "x"}}}})), "confirmation_unknown");
  EXPECT_EQ(reason_of(decide({{"cnf", {{"jkt", verifier::test::kOtherThumbprint}}}})), "proof_missing");
  EXPECT_EQ(reason_of(decide({{"cnf", {{"jkt", "x"}}}})), "claims_malformed");
  EXPECT_EQ(reason_of(decide({{"cnf", {{"x5t#S256", "x"}}}})), "claims_malformed");
  EXPECT_TRUE(decide());
}

TEST_F(TokenVerifierTest, NeedsTheScopesOfTheCall) {
  const auto token = issuer_.token();
  EXPECT_TRUE(verifier_->verify(token, presented_, {"orders.read", "orders.write"}));
  const auto decision = verifier_->verify(token, presented_, {"orders.read", "orders.delete"});
  EXPECT_EQ(reason_of(decision), "scope_missing");
  EXPECT_EQ(decision.refusal().status, 403);
  EXPECT_EQ(decision.refusal().www_authenticate,
            R"(Bearer realm="https://api.example.com", error="insufficient_scope", scope="orders.read orders.delete")");
  // Nobody who has not proved the binding hears of scopes.
  EXPECT_EQ(reason_of(verifier_->verify(token, other_presented(), {"orders.delete"})), "certificate_mismatch");
}

// lessons.md: a gateway that compared the binding on the first use and not on a cache hit.
TEST_F(TokenVerifierTest, JudgesAKnownTokenAnewOnEveryCall) {
  const auto token = issuer_.token();
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(verifier_->verify(token, presented_));
    EXPECT_EQ(reason_of(verifier_->verify(token, other_presented())), "certificate_mismatch");
    EXPECT_EQ(reason_of(verifier_->verify(token, PresentedCertificate::none())), "certificate_missing");
    EXPECT_EQ(reason_of(verifier_->verify(token, presented_, {"other"})), "scope_missing");
  }
  now_ = kNow + seconds{239};
  EXPECT_TRUE(verifier_->verify(token, presented_));
  now_ = kNow + seconds{240};
  EXPECT_EQ(reason_of(verifier_->verify(token, presented_)), "expired");
  now_ = kNow - seconds{61};
  EXPECT_EQ(reason_of(verifier_->verify(token, presented_)), "not_yet_valid");
}

TEST_F(TokenVerifierTest, JudgesTheSameWithoutACache) {
  auto options = options_for(issuer_);
  options.cached_tokens = 0;
  const TokenVerifier verifier{std::move(options)};
  const auto token = issuer_.token();
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(verifier.verify(token, presented_));
    EXPECT_EQ(reason_of(verifier.verify(token, other_presented())), "certificate_mismatch");
  }
}

// A known token with another signature is another token.
TEST_F(TokenVerifierTest, KnowsATokenByAllOfIt) {
  auto token = issuer_.token();
  EXPECT_TRUE(verifier_->verify(token, presented_));
  token[token.size() - 5] = token[token.size() - 5] == 'A' ? 'B' : 'A';
  EXPECT_EQ(reason_of(verifier_->verify(token, presented_)), "signature_wrong");
}

// What a key has verified ends with the key.
TEST_F(TokenVerifierTest, ForgetsWhatAWithdrawnKeyHasVerified) {
  const auto token = issuer_.token();
  EXPECT_TRUE(verifier_->verify(token, presented_));
  EXPECT_TRUE(verifier_->replace_keys(Issuer{"k2"}.jwks()));
  EXPECT_EQ(reason_of(verifier_->verify(token, presented_)), "key_unknown");
  // The same name for another key.
  EXPECT_TRUE(verifier_->replace_keys(Issuer{"k1"}.jwks()));
  EXPECT_EQ(reason_of(verifier_->verify(token, presented_)), "signature_wrong");
}

TEST_F(TokenVerifierTest, KeepsItsKeysWhereOthersCannotBeUsed) {
  EXPECT_FALSE(verifier_->replace_keys("{}"));
  EXPECT_NE(verifier_->key_status().problem, "");
  EXPECT_EQ(verifier_->key_status().keys, 1U);
  EXPECT_TRUE(decide());
}

// RFC 9068 section 4, RFC 8725 section 3.11: another kind of JWT of the same issuer is no access token.
TEST_F(TokenVerifierTest, WantsTheTypeOfAnAccessToken) {
  const auto typed = [this](const nlohmann::json& type) {
    auto header = issuer_.header();
    header["typ"] = type;
    if (type.is_null()) header.erase("typ");
    return verifier_->verify(issuer_.sign(header.dump(), good_claims().dump()), presented_);
  };
  for (const auto* type : {"at+jwt", "application/at+jwt", "AT+JWT", "Application/At+Jwt"})
    EXPECT_TRUE(typed(type)) << type;
  for (const auto* type : {"JWT", "", "at", "jwt+at", "denied+jwt", "dpop+jwt", "token-introspection+jwt", "at+jwt ",
                           "x/at+jwt", "application/application/at+jwt"}) {
    EXPECT_EQ(reason_of(typed(type)), "type_wrong") << type;
  }
  EXPECT_EQ(reason_of(typed(nullptr)), "type_wrong");
  EXPECT_EQ(reason_of(typed(7)), "type_wrong");
}

TEST_F(TokenVerifierTest, TakesAWholeRequest) {
  const std::string field = "Bearer " + issuer_.token();
  const auto decide_for = [this](std::vector<std::string_view> fields) {
    return verifier_->verify_request(fields, presented_, std::array<std::string_view, 1>{"orders.read"});
  };
  EXPECT_TRUE(decide_for({field}));
  EXPECT_EQ(reason_of(decide_for({})), "token_missing");
  EXPECT_EQ(decide_for({}).refusal().www_authenticate, R"(Bearer realm="https://api.example.com")");
  EXPECT_EQ(reason_of(decide_for({field, field})), "request_malformed");
  EXPECT_EQ(reason_of(decide_for({"Bearer a.b.c"})), "token_malformed");
  const std::string dpop = "DPoP " + issuer_.token();
  EXPECT_EQ(reason_of(decide_for({dpop})), "token_missing");
}

// RFC 9449 section 7.2: who has not looked at a proof has proved nothing.
TEST_F(TokenVerifierTest, RefusesATokenOfADpopKeyWithoutTheWholeRequest) {
  const std::string field =
      "Bearer " + issuer_.token(claims_with({{"cnf", {{"jkt", verifier::test::kOtherThumbprint}}}}));
  const std::array<std::string_view, 1> fields{field};
  const auto decision = verifier_->verify_request(fields, presented_);
  EXPECT_EQ(reason_of(decision), "proof_missing");
  EXPECT_EQ(decision.refusal().status, 401);
  EXPECT_EQ(decision.refusal().www_authenticate, R"(Bearer realm="https://api.example.com", error="invalid_token")");
}

TEST_F(TokenVerifierTest, AcceptsAnUnboundTokenOnlyWhereToldTo) {
  auto options = options_for(issuer_);
  options.binding = Binding::when_bound;
  const TokenVerifier lenient{std::move(options)};
  const auto unbound = issuer_.token(claims_with({{"cnf", nullptr}}));
  const auto decision = lenient.verify(unbound, PresentedCertificate::none());
  ASSERT_TRUE(decision) << decision.refusal().detail;
  EXPECT_FALSE(decision.token().x5t_s256);
  EXPECT_EQ(reason_of(lenient.verify(issuer_.token(), PresentedCertificate::none())), "certificate_missing");
}

TEST_F(TokenVerifierTest, VerifiesEveryAlgorithmOfTheIssuer) {
  using model::SigningAlgorithm;
  for (const auto algorithm :
       {SigningAlgorithm::es256, SigningAlgorithm::ps256, SigningAlgorithm::eddsa, SigningAlgorithm::rs256}) {
    const Issuer issuer{"k", algorithm};
    auto options = options_for(issuer);
    EXPECT_TRUE(TokenVerifier{options}.verify(issuer.token(), presented_)) << model::name(algorithm);
    options.algorithms = {algorithm == SigningAlgorithm::es256 ? "PS256" : "ES256"};
    EXPECT_EQ(reason_of(TokenVerifier{options}.verify(issuer.token(), presented_)), "header_refused");
  }
}

TEST_F(TokenVerifierTest, AsksForAKeyThatItDoesNotKnow) {
  const Issuer next{"k2"};
  std::string published = issuer_.jwks();
  int asked = 0;
  auto options = options_for(issuer_);
  options.jwks.clear();
  options.clock = [this] { return now_; };
  options.fetch_keys = [&] {
    ++asked;
    return std::optional{published};
  };
  const TokenVerifier verifier{std::move(options)};
  EXPECT_TRUE(verifier.verify(issuer_.token(), presented_));
  published = nlohmann::json{{"keys", {issuer_.jwk(), next.jwk()}}}.dump();
  now_ += seconds{5};
  EXPECT_EQ(reason_of(verifier.verify(next.token(), presented_)), "key_unknown");
  EXPECT_EQ(asked, 1);
  now_ += seconds{5};
  EXPECT_TRUE(verifier.verify(next.token(), presented_));
  EXPECT_TRUE(verifier.verify(issuer_.token(), presented_));
  EXPECT_EQ(asked, 2);
}

TEST_F(TokenVerifierTest, AnswersThatTheKeysAreNotThere) {
  auto options = options_for(issuer_);
  options.jwks.clear();
  options.fetch_keys = []() -> std::optional<std::string> { return std::nullopt; };
  TokenVerifier verifier{std::move(options)};
  const auto decision = verifier.verify(issuer_.token(), presented_);
  EXPECT_EQ(reason_of(decision), "keys_unavailable");
  EXPECT_EQ(decision.refusal().status, 503);
  EXPECT_FALSE(verifier.refresh_keys());
  EXPECT_EQ(verifier.key_status().problem, "the source gave nothing");
  EXPECT_TRUE(verifier.replace_keys(issuer_.jwks()));
  EXPECT_TRUE(verifier.verify(issuer_.token(), presented_));
}

TEST_F(TokenVerifierTest, ReadsItsKeysFromAFile) {
  const std::string path = testing::TempDir() + "certbound_verifier_jwks.json";
  ASSERT_TRUE(replace_file(path, {issuer_.jwks()}, 0600));
  auto options = options_for(issuer_);
  options.jwks.clear();
  options.fetch_keys = fetch_from_file(path);
  TokenVerifier verifier{std::move(options)};
  EXPECT_TRUE(verifier.verify(issuer_.token(), presented_));
  const Issuer next{"k2"};
  ASSERT_TRUE(replace_file(path, {next.jwks()}, 0600));
  EXPECT_TRUE(verifier.refresh_keys());
  EXPECT_TRUE(verifier.verify(next.token(), presented_));
  std::filesystem::remove(path);
  EXPECT_FALSE(verifier.refresh_keys());
  EXPECT_NE(verifier.key_status().problem.find("cannot open"), std::string::npos);
  EXPECT_TRUE(verifier.verify(next.token(), presented_));
}

// A clock that throws decides nothing, least of all that a token may pass.
TEST_F(TokenVerifierTest, RefusesWhereTheClockFails) {
  auto options = options_for(issuer_);
  bool is_broken = false;
  options.clock = [&is_broken] { return is_broken ? throw std::runtime_error{"no clock"} : kNow; };
  const TokenVerifier verifier{std::move(options)};
  is_broken = true;
  const auto decision = verifier.verify(issuer_.token(), presented_);
  EXPECT_EQ(reason_of(decision), "internal");
  EXPECT_EQ(decision.refusal().status, 500);
  EXPECT_EQ(decision.refusal().detail, "no clock");
}

// A stranger's text in the log: escaped, cut, and never the token.
TEST_F(TokenVerifierTest, TellsTheLogNoToken) {
  for (const auto& changes :
       {nlohmann::json{{"iss", "x\ny"}}, nlohmann::json{{"aud", std::string(9000, 'x')}}, nlohmann::json{{"exp", 1}}}) {
    const auto token = issuer_.token(claims_with(changes));
    const auto decision = verifier_->verify(token, presented_);
    ASSERT_FALSE(decision);
    const std::string& detail = decision.refusal().detail;
    EXPECT_EQ(detail.find('\n'), std::string::npos);
    EXPECT_LT(detail.size(), 400U);
    EXPECT_EQ(detail.find(token.substr(token.rfind('.'))), std::string::npos);
  }
}

TEST(VerifierOptions, AreCheckedAtTheStart) {
  EXPECT_EQ(option_fault([](VerifierOptions&) {}), "");
  EXPECT_EQ(option_fault([](VerifierOptions& o) { o.issuer = ""; }), "VerifierOptions::issuer: empty");
  EXPECT_EQ(option_fault([](VerifierOptions& o) { o.audiences.clear(); }), "VerifierOptions::audiences: empty");
  EXPECT_EQ(option_fault([](VerifierOptions& o) {
              o.audiences = {"a", ""};
            }),
            "VerifierOptions::audiences: one is empty");
  EXPECT_EQ(option_fault([](VerifierOptions& o) { o.jwks = ""; }),
            "VerifierOptions::jwks: empty, and there is no fetch_keys");
  EXPECT_NE(option_fault([](VerifierOptions& o) { o.jwks = "{}"; }).find("VerifierOptions::jwks: "), std::string::npos);
  EXPECT_EQ(option_fault([](VerifierOptions& o) { o.algorithms.clear(); }), "VerifierOptions::algorithms: empty");
  for (const auto* algorithm : {"none", "HS256", "es256", "RSA-OAEP"}) {
    EXPECT_EQ(option_fault([algorithm](VerifierOptions& o) { o.algorithms = {algorithm}; }),
              "VerifierOptions::algorithms: \"" + std::string{algorithm} + "\" is none that is known");
  }
  EXPECT_EQ(option_fault([](VerifierOptions& o) { o.clock_skew = seconds{301}; }),
            "VerifierOptions::clock_skew: not 0 to 300 s");
  EXPECT_NE(option_fault([](VerifierOptions& o) { o.clock_skew = seconds{-1}; }), "");
  EXPECT_NE(option_fault([](VerifierOptions& o) { o.minimum_refresh_interval = seconds{0}; }), "");
  EXPECT_NE(option_fault([](VerifierOptions& o) { o.refresh_interval = seconds{5}; }), "");
  EXPECT_NE(option_fault([](VerifierOptions& o) { o.maximum_key_age = seconds{299}; }), "");
  EXPECT_EQ(option_fault([](VerifierOptions& o) { o.dpop.algorithms.clear(); }),
            "VerifierOptions::dpop.algorithms: empty");
  for (const auto* algorithm : {"none", "HS256"}) {
    EXPECT_EQ(option_fault([algorithm](VerifierOptions& o) { o.dpop.algorithms = {algorithm}; }),
              "VerifierOptions::dpop.algorithms: \"" + std::string{algorithm} + "\" is none that is known");
  }
  for (const int lifetime : {0, 301}) {
    EXPECT_EQ(option_fault([lifetime](VerifierOptions& o) { o.dpop.lifetime = seconds{lifetime}; }),
              "VerifierOptions::dpop.lifetime: not 1 to 300 s");
  }
  for (const int ahead : {-1, 61}) {
    EXPECT_EQ(option_fault([ahead](VerifierOptions& o) { o.dpop.ahead = seconds{ahead}; }),
              "VerifierOptions::dpop.ahead: not 0 to 60 s");
  }
  EXPECT_EQ(option_fault([](VerifierOptions& o) { o.dpop.remembered_proofs = 0; }),
            "VerifierOptions::dpop.remembered_proofs: 0, and there is no remember");
  EXPECT_EQ(option_fault([](VerifierOptions& o) { o.dpop.nonce_lifetime = seconds{0}; }),
            "VerifierOptions::dpop.nonce_lifetime: less than 1 s");
  EXPECT_EQ(option_fault([](VerifierOptions& o) { o.realm = "a\"b"; }),
            "VerifierOptions::realm: a character that a challenge cannot hold");
}

}  // namespace certbound
