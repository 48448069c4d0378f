#include "oauth/client_auth/assertion.hpp"

#include <array>
#include <set>

#include "crypto/hmac.hpp"
#include "oauth/client_algorithms.hpp"
#include "unit/jose/vectors.hpp"
#include "unit/oauth/client_key.hpp"

namespace certbound::oauth {

namespace {

using std::chrono::seconds;

jose::Jwk parsed_jwk(const Json& value) { return value_or_throw(jose::parse_jwk(value)); }

long long from_now(long long offset) { return unix_seconds(test::kNow) + offset; }

/// A compact JWS of any header and payload, with any signature.
std::string hand_made(const std::string& header, const std::string& payload, const Bytes& signature = {}) {
  return base64url_encode(as_bytes(header)) + "." + base64url_encode(as_bytes(payload)) + "." +
         base64url_encode(signature);
}

}  // namespace

/// One client, `etl`, and its key.
class CheckAssertion : public testing::Test {
 protected:
  CheckAssertion() {
    FakeClock::now = test::kNow;
    keys_.push_back(parsed_jwk(key_.jwk()));
    expectation_.client_id = "etl";
    expectation_.issuer = kIssuer;
    expectation_.now = test::kNow;
  }

  [[nodiscard]] Result<SingleUse> check(const std::string& assertion) const {
    const std::array sets{std::span<const jose::Jwk>{keys_}, std::span<const jose::Jwk>{fetched_}};
    return check_assertion(assertion, sets, expectation_);
  }
  /// The reason of the refusal; `accepted` where there is none. Every refusal has the one code and text.
  [[nodiscard]] std::string reason(const std::string& assertion) const {
    const auto use = check(assertion);
    if (use) return "accepted";
    EXPECT_EQ(use.error().code, ErrorCode::invalid_client);
    EXPECT_EQ(use.error().text.view(), "client authentication failed");
    EXPECT_FALSE(use.error().detail.empty());
    return std::string{name(use.error().reason)};
  }
  [[nodiscard]] std::string reason_with(const Json& claims, const Json& header = Json::object()) const {
    return reason(key_.assertion("etl", claims, header));
  }

  ClientKey key_;
  std::vector<jose::Jwk> keys_;
  std::vector<jose::Jwk> fetched_;
  AssertionExpectation expectation_;
};

// RFC 7523 section 3; 7523bis-3-3: with and without `typ`, also in the long spelling of RFC 7515 section 4.1.9.
TEST_F(CheckAssertion, AcceptsWhatAClientSigns) {
  EXPECT_EQ(reason_with({}), "accepted");
  for (const char* type : {"JWT", "jwt", "client-authentication+jwt", "application/client-authentication+jwt"}) {
    EXPECT_EQ(reason_with({}, {{"typ", type}}), "accepted") << type;
  }
  EXPECT_EQ(reason_with({{"more", {1, 2}}}, {{"more", "x"}}), "accepted");
}

// 7523-3-1: each is required, and of its type.
TEST_F(CheckAssertion, RefusesWithoutAClaim) {
  for (const char* claim : {"iss", "sub", "aud", "exp", "jti"}) {
    EXPECT_EQ(reason_with({{claim, nullptr}}), "assertion_malformed") << claim;
    EXPECT_EQ(reason_with({{claim, true}}), "assertion_malformed") << claim;
    EXPECT_EQ(reason_with({{claim, Json::object()}}), "assertion_malformed") << claim;
  }
  for (const char* claim : {"iss", "sub", "jti"}) {
    EXPECT_EQ(reason_with({{claim, ""}}), "assertion_malformed") << claim;
    EXPECT_EQ(reason_with({{claim, 7}}), "assertion_malformed") << claim;
  }
  for (const char* claim : {"exp", "iat", "nbf"}) {
    EXPECT_EQ(reason_with({{claim, std::to_string(from_now(100))}}), "assertion_malformed") << claim;
    EXPECT_EQ(reason_with({{claim, -1}}), "assertion_malformed") << claim;
    EXPECT_EQ(reason_with({{claim, 1e300}}), "assertion_malformed") << claim;
  }
  EXPECT_EQ(reason_with({{"iat", nullptr}}), "accepted");
}

// JOSE-17, 7523-2.2-2: `iss` and `sub` are both the client, to the letter.
TEST_F(CheckAssertion, RefusesAnotherIssuerOrSubject) {
  for (const char* claim : {"iss", "sub"}) {
    for (const char* value : {"other", "ETL", "etl ", "etl/", "https://as.example:8443"}) {
      EXPECT_EQ(reason_with({{claim, value}}), "assertion_issuer_wrong") << claim << " " << value;
    }
  }
  expectation_.client_id = "other";
  EXPECT_EQ(reason_with({}), "assertion_issuer_wrong");
}

// 7523bis-3-1, 7523bis-3-2, decision D13: our issuer and nobody besides, compared as text.
TEST_F(CheckAssertion, RefusesEveryOtherAudience) {
  const std::string issuer{kIssuer};
  EXPECT_EQ(reason_with({{"aud", {issuer}}}), "accepted");
  const std::string others[] = {issuer + "/",
                                issuer + "/oauth2/token",
                                issuer + "/oauth2/introspect",
                                issuer + "/par",
                                "https://AS.example:8443",
                                "HTTPS://as.example:8443",
                                "https://as.example",
                                "https://mtls.as.example:8443",
                                " " + issuer,
                                "etl",
                                ""};
  for (const std::string& other : others) {
    EXPECT_EQ(reason_with({{"aud", other}}), "assertion_audience_wrong") << other;
    EXPECT_EQ(reason_with({{"aud", {other}}}), "assertion_audience_wrong") << other;
    EXPECT_EQ(reason_with({{"aud", {issuer, other}}}), "assertion_audience_wrong") << other;
  }
  EXPECT_EQ(reason_with({{"aud", Json::array()}}), "assertion_audience_wrong");
  EXPECT_EQ(reason_with({{"aud", {issuer, issuer}}}), "assertion_audience_wrong");
  EXPECT_EQ(reason_with({{"aud", {{issuer}}}}), "assertion_audience_wrong");
  EXPECT_EQ(reason_with({{"aud", {7}}}), "assertion_malformed");
}

// FAPI-5.3.2.1-8: as a string.
TEST_F(CheckAssertion, WantsTheAudienceAsAStringUnderFapi) {
  expectation_.profile = Profile::fapi2;
  EXPECT_EQ(reason_with({}), "accepted");
  EXPECT_EQ(reason_with({{"aud", {kIssuer}}}), "assertion_audience_wrong");
}

// 7523-3-2, FAPI-5.3.2.1-13: ten seconds ahead are accepted, sixty are refused; five minutes at the most.
TEST_F(CheckAssertion, HoldsToTheDates) {
  struct Row {
    Json claims;
    const char* reason;
  };
  const Row rows[] = {
      {{{"exp", from_now(1)}}, "accepted"},
      {{{"exp", from_now(0)}}, "assertion_expired"},
      {{{"iat", from_now(-600)}, {"exp", from_now(-300)}}, "assertion_expired"},
      {{{"exp", 1000.0}}, "assertion_expired"},
      {{{"exp", static_cast<double>(from_now(0)) + 0.9}}, "assertion_expired"},
      {{{"nbf", from_now(8)}, {"iat", from_now(8)}}, "accepted"},
      {{{"nbf", from_now(10)}, {"iat", from_now(10)}}, "accepted"},
      {{{"nbf", static_cast<double>(from_now(10)) + 0.1}}, "assertion_not_yet_valid"},
      {{{"nbf", from_now(11)}}, "assertion_not_yet_valid"},
      {{{"iat", from_now(11)}}, "assertion_not_yet_valid"},
      {{{"nbf", from_now(61)}}, "assertion_not_yet_valid"},
      {{{"iat", from_now(61)}}, "assertion_not_yet_valid"},
      {{{"nbf", from_now(120)}}, "assertion_not_yet_valid"},
      {{{"iat", from_now(10)}, {"exp", from_now(310)}}, "accepted"},
      {{{"exp", from_now(301)}}, "assertion_lifetime_too_long"},
      {{{"iat", from_now(10)}, {"exp", from_now(311)}}, "assertion_lifetime_too_long"},
      {{{"iat", from_now(-3600)}, {"exp", from_now(60)}}, "assertion_lifetime_too_long"},
      {{{"iat", from_now(-240)}, {"exp", from_now(60)}}, "accepted"},
      {{{"iat", nullptr}, {"exp", from_now(300)}}, "accepted"},
      {{{"iat", nullptr}, {"exp", from_now(311)}}, "assertion_lifetime_too_long"},
  };
  for (const Row& row : rows) EXPECT_EQ(reason_with(row.claims), row.reason) << row.claims;
}

// What has to be remembered of it, and for how long: never shorter than it could be used again.
TEST_F(CheckAssertion, TellsForHowLongItCountsOnce) {
  const auto use = check(key_.assertion("etl", {{"iat", from_now(-5)}, {"exp", from_now(60)}}));
  ASSERT_TRUE(use) << use.error().detail;
  EXPECT_EQ(use->issued_at, test::kNow - seconds{5});
  EXPECT_EQ(use->until, test::kNow + seconds{60});
  // Nobody knows when it was made, so the earliest counts.
  const auto dateless = check(key_.assertion("etl", {{"iat", nullptr}, {"exp", from_now(60)}}));
  ASSERT_TRUE(dateless) << dateless.error().detail;
  EXPECT_EQ(dateless->issued_at, test::kNow - seconds{240});
}

// 7523-3-3: one use for each client and jti, whatever else stands in it.
TEST_F(CheckAssertion, CountsByClientAndJti) {
  const auto use_of = [&](const std::string& client, const Json& claims) {
    expectation_.client_id = client;
    return check(key_.assertion(client, claims))->key.to_base64url();
  };
  const std::string one = use_of("etl", {{"jti", "a"}});
  EXPECT_EQ(use_of("etl", {{"jti", "a"}, {"exp", from_now(20)}, {"iat", nullptr}}), one);
  EXPECT_NE(use_of("etl", {{"jti", "b"}}), one);
  EXPECT_NE(use_of("etl", {{"jti", "A"}}), one);
  EXPECT_NE(use_of("other", {{"jti", "a"}}), one);
  EXPECT_NE(use_of("etl", {{"jti", "l\na"}}), use_of("et", {{"jti", "l\nl\na"}}));
}

// JOSE-21, RFC 8725 section 3.11: no JWT of another kind, though the client's own key has signed it.
TEST_F(CheckAssertion, RefusesWhatIsTypedAsSomethingElse) {
  for (const char* type : {"at+jwt", "application/at+jwt", "dpop+jwt", "token-introspection+jwt", "logout+jwt",
                           "secevent+jwt", "oauth-authz-req+jwt", "", "JWT ", "application/"}) {
    EXPECT_EQ(reason_with({}, {{"typ", type}}), "assertion_type_wrong") << type;
  }
  EXPECT_EQ(reason_with({}, {{"typ", 7}}), "assertion_type_wrong");
  EXPECT_EQ(reason_with({}, {{"typ", {"JWT"}}}), "assertion_type_wrong");
}

// 7523-3-4, CVE-2026-16093: the registration and the key say which algorithm, never the header.
TEST_F(CheckAssertion, HoldsToTheRegisteredAlgorithm) {
  const ClientKey rsa{model::SigningAlgorithm::ps256};
  const ClientKey same_rsa{model::SigningAlgorithm::rs256};  // the fixture makes one RSA key
  ASSERT_EQ(rsa.jkt(), same_rsa.jkt());
  keys_.push_back(parsed_jwk(rsa.jwk()));
  EXPECT_EQ(reason(rsa.assertion("etl")), "accepted");
  EXPECT_EQ(reason(same_rsa.assertion("etl")), "accepted");

  expectation_.algorithm = "PS256";
  EXPECT_EQ(reason(rsa.assertion("etl")), "accepted");
  EXPECT_EQ(reason(same_rsa.assertion("etl")), "assertion_algorithm_refused");
  EXPECT_EQ(reason_with({}), "assertion_algorithm_refused");
  // The algorithm that is permitted, over a signature by the other.
  EXPECT_EQ(reason(same_rsa.assertion("etl", {}, {{"alg", "PS256"}})), "assertion_signature_wrong");
}

// FAPI-5.4.1-1.
TEST_F(CheckAssertion, HoldsToTheAlgorithmsOfFapi) {
  const ClientKey ps{model::SigningAlgorithm::ps256};
  const ClientKey rs{model::SigningAlgorithm::rs256};
  const ClientKey ed{model::SigningAlgorithm::eddsa};
  for (const ClientKey* key : {&ps, &ed}) keys_.push_back(parsed_jwk(key->jwk()));
  expectation_.profile = Profile::fapi2;
  for (const ClientKey* key : {&std::as_const(key_), &ps, &ed})
    EXPECT_EQ(reason(key->assertion("etl")), "accepted") << key->alg();
  EXPECT_EQ(reason(rs.assertion("etl")), "assertion_algorithm_refused");
  expectation_.algorithm = "RS256";
  EXPECT_EQ(reason(rs.assertion("etl")), "assertion_algorithm_refused");
}

// JOSE-4, JOSE-15: spelled to the letter, asymmetric, and one that the key is for.
TEST_F(CheckAssertion, RefusesAlgorithmsThatAreNone) {
  for (const char* alg : {"es256", "none", "None", "nOnE", "HS256", "ES256K", "RS384", "RS1", "dir", ""}) {
    EXPECT_EQ(reason_with({}, {{"alg", alg}}), "assertion_algorithm_refused") << alg;
  }
  EXPECT_EQ(reason_with({}, {{"alg", nullptr}}), "assertion_algorithm_refused");
  EXPECT_EQ(reason_with({}, {{"alg", {"ES256"}}}), "assertion_algorithm_refused");
  EXPECT_EQ(reason_with({}, {{"alg", "ES384"}}), "assertion_key_unknown");
  EXPECT_EQ(reason_with({}, {{"alg", "PS256"}}), "assertion_key_unknown");
  EXPECT_EQ(reason_with({}, {{"alg", "EdDSA"}}), "assertion_key_unknown");
  // One key, one algorithm.
  Json bound = key_.jwk();
  bound["alg"] = "ES256";
  bound["use"] = "enc";
  keys_.clear();
  keys_.push_back(parsed_jwk(bound));
  EXPECT_EQ(reason_with({}), "assertion_key_unknown");
}

// JOSE-4: the public key as the secret of an HMAC.
TEST_F(CheckAssertion, RefusesThePublicKeyAsASecret) {
  const std::string header = R"({"alg":"HS256"})";
  const std::string payload =
      Json{{"iss", "etl"}, {"sub", "etl"}, {"aud", kIssuer}, {"jti", "x"}, {"exp", from_now(60)}}.dump();
  const std::string input = base64url_encode(as_bytes(header)) + "." + base64url_encode(as_bytes(payload));
  for (const std::string& secret : {key_.jwk().dump(), key_.jwk()["x"].get<std::string>()}) {
    const auto code = crypto::hmac_sha256(as_bytes(secret), as_bytes(input));
    EXPECT_EQ(reason(input + "." + code.to_base64url()), "assertion_algorithm_refused");
  }
}

// V7515 A.1 and A.5, V7523bis.
TEST_F(CheckAssertion, RefusesThePublishedTokens) {
  const auto vectors = jose::test::load_vectors("rfc7515");
  EXPECT_EQ(reason(vectors.at("a1_hs256").at("jws").get<std::string>()), "assertion_algorithm_refused");
  const std::string payload =
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
  EXPECT_EQ(
      reason("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + payload + ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
      "assertion_algorithm_refused");
  EXPECT_EQ(reason("eyJhbGciOiJub25lIn0." + payload + "."), "assertion_algorithm_refused");
  // The draft leaves the signature out.
  const std::string sample =
      "eyJ0eXAiOiJjbGllbnQtYXV0aGVudGljYXRpb24rand0IiwiYWxnIjoiRVMyNTYiLCJraWQiOiIxNiJ9."
      "eyJhdWQiOiJodHRwczovL2F1dGh6LmV4YW1wbGUubmV0IiwiaXNzIjoiaHR0cHM6Ly9jbGllbnQuZXhhbXBsZSIsInN1YiI6Imh0dHBzOi8vY2"
      "xpZW50LmV4YW1wbGUiLCJpYXQiOjE3NTI3MDIyMDYsImV4cCI6MTc1MjcwNTgwNn0.";
  EXPECT_EQ(peek_subject(sample), "https://client.example");
  EXPECT_EQ(reason(sample), "assertion_signature_wrong");
}

/// The sample of the draft as its client would sign it: an hour is longer than we take, five minutes are not.
TEST_F(CheckAssertion, TakesTheShapeOfTheDraftsSample) {
  Json named = key_.jwk();
  named["kid"] = "16";
  keys_.clear();
  keys_.push_back(parsed_jwk(named));
  expectation_.client_id = "https://client.example";
  expectation_.issuer = "https://authz.example.net";
  expectation_.now = WallTime{seconds{1752702206}};
  const Json header{{"typ", "client-authentication+jwt"}, {"kid", "16"}};
  const Json claims{{"aud", "https://authz.example.net"}, {"iat", 1752702206}, {"exp", 1752705806}};
  EXPECT_EQ(reason(key_.assertion("https://client.example", claims, header)), "assertion_lifetime_too_long");
  Json shorter = claims;
  shorter["exp"] = 1752702506;
  EXPECT_EQ(reason(key_.assertion("https://client.example", shorter, header)), "accepted");
  shorter["aud"] = "https://authz.example.net/token.oauth2";
  EXPECT_EQ(reason(key_.assertion("https://client.example", shorter, header)), "assertion_audience_wrong");
}

// JOSE-1, JOSE-22: three parts of base64url, in one spelling, and nothing around them.
TEST_F(CheckAssertion, RefusesAnotherSpelling) {
  const std::string good = key_.assertion("etl");
  ASSERT_EQ(reason(good), "accepted");
  const std::string last = good.substr(good.size() - 1);
  const std::string tail = last == "A" ? "B" : "A";
  const std::string others[] = {good + "=",
                                good + "\n",
                                " " + good,
                                good + ".",
                                "." + good,
                                good + ".x",
                                good.substr(0, good.rfind('.')),
                                "{\"payload\":\"x\"}",
                                "",
                                "..",
                                "a.b.c"};
  for (const std::string& other : others) EXPECT_EQ(reason(other), "assertion_malformed") << other.substr(0, 40);
  std::string plus = good;
  plus[10] = '+';
  EXPECT_EQ(reason(plus), "assertion_malformed");
  // 64 octets end in a character that has two unused bits: the three other spellings of the last octet are none.
  EXPECT_NE(reason(good.substr(0, good.size() - 1) + static_cast<char>(last[0] + 1)), "accepted");
}

// JOSE-5: R and S of fixed length, not DER; an octet changed anywhere.
TEST_F(CheckAssertion, RefusesAnotherSignature) {
  const std::string good = key_.assertion("etl");
  const std::string input = good.substr(0, good.rfind('.') + 1);
  Bytes signature = *base64url_decode(good.substr(input.size()));
  signature[5] ^= 1U;
  EXPECT_EQ(reason(input + base64url_encode(signature)), "assertion_signature_wrong");
  EXPECT_EQ(reason(input + base64url_encode(Bytes(64, 0))), "assertion_signature_wrong");
  EXPECT_EQ(reason(input + base64url_encode(Bytes(63, 1))), "assertion_signature_wrong");
  EXPECT_EQ(reason(input), "assertion_signature_wrong");
  const ClientKey strangers;
  EXPECT_EQ(reason(strangers.assertion("etl")), "assertion_signature_wrong");
}

// JOSE-2: nothing critical is understood, RFC 7797 included.
TEST_F(CheckAssertion, RefusesWhatItWouldHaveToUnderstand) {
  for (const Json& value : {Json{"x"}, Json{"exp"}, Json{"b64"}, Json::array(), Json("alg"), Json(7)}) {
    EXPECT_EQ(reason_with({}, {{"crit", value}, {"x", 1}}), "assertion_algorithm_refused") << value;
  }
  EXPECT_EQ(reason_with({}, {{"b64", false}}), "assertion_algorithm_refused");
}

// JOSE-3, JOSE-25: a member that stands twice, deep nesting, claims that are no object, text that is not UTF-8.
TEST_F(CheckAssertion, RefusesJsonThatIsReadInTwoWays) {
  const std::string claims =
      Json{{"iss", "etl"}, {"sub", "etl"}, {"aud", kIssuer}, {"jti", "x"}, {"exp", from_now(60)}}.dump();
  const std::string open = claims.substr(0, claims.size() - 1);
  ASSERT_EQ(reason(key_.sign(std::string{R"({"alg":"ES256"})"}, claims)), "accepted");
  EXPECT_EQ(reason(key_.sign(std::string{R"({"alg":"ES256","alg":"none"})"}, claims)), "assertion_malformed");
  EXPECT_EQ(reason(key_.sign(std::string{R"({"alg":"none","alg":"ES256"})"}, claims)), "assertion_malformed");
  const std::string header = R"({"alg":"ES256"})";
  EXPECT_EQ(reason(key_.sign(header, open + R"(,"sub":"other"})")), "assertion_malformed");
  EXPECT_EQ(reason(key_.sign(header, open + R"(,"aud":"https://evil.example"})")), "assertion_malformed");
  EXPECT_EQ(reason(key_.sign(header, open + R"(,"x":)" + std::string(5000, '[') + std::string(5000, ']') + "}")),
            "assertion_malformed");
  EXPECT_EQ(reason(key_.sign(header, open + ",\"x\":\"\xff\"}")), "assertion_malformed");
  EXPECT_EQ(reason(key_.sign(header, claims + "{}")), "assertion_malformed");
  EXPECT_EQ(reason(key_.sign(header, std::string{"[]"})), "assertion_malformed");
  EXPECT_EQ(reason(key_.sign(header, std::string{"\"etl\""})), "assertion_malformed");
  EXPECT_EQ(reason(key_.sign(header, std::string{})), "assertion_malformed");
}

TEST_F(CheckAssertion, RefusesWhatIsTooLong) {
  EXPECT_EQ(reason_with({{"jti", std::string(kMaximumAssertionJtiBytes, 'a')}}), "accepted");
  EXPECT_EQ(reason_with({{"jti", std::string(kMaximumAssertionJtiBytes + 1, 'a')}}), "assertion_malformed");
  EXPECT_EQ(reason_with({{"more", std::string(kMaximumAssertionBytes, 'a')}}), "assertion_malformed");
  EXPECT_EQ(peek_subject(key_.assertion("etl", {{"more", std::string(kMaximumAssertionBytes, 'a')}})), "");
}

// JOSE-19: what the header names is looked up among the client's keys, and nothing else is done with it.
TEST_F(CheckAssertion, TakesNoKeyFromTheHeader) {
  const ClientKey strangers;
  EXPECT_EQ(reason(strangers.assertion("etl", {}, {{"jwk", strangers.jwk()}})), "assertion_signature_wrong");
  EXPECT_EQ(reason_with({}, {{"jwk", strangers.jwk()}, {"jku", "https://127.0.0.1:1/"}, {"x5u", "http://x/"}}),
            "accepted");
  Json named = key_.jwk();
  named["kid"] = "mine";
  keys_.clear();
  keys_.push_back(parsed_jwk(named));
  EXPECT_EQ(reason_with({}, {{"kid", "mine"}}), "accepted");
  for (const char* kid : {"' OR 1=1--", "../../etc/passwd", "MINE", "", "mine\n"}) {
    EXPECT_EQ(reason_with({}, {{"kid", kid}}), "assertion_key_unknown") << kid;
  }
  EXPECT_EQ(reason_with({}, {{"kid", 7}}), "assertion_algorithm_refused");
}

// RFC 7515 section 4.1.4: many libraries always write a `kid`; a key of a PEM file has no name that it could be unlike.
TEST_F(CheckAssertion, TriesNamelessKeysWhateverTheHeaderNames) {
  const ClientKey second;
  keys_.push_back(parsed_jwk(second.jwk()));
  for (const ClientKey* key : {&std::as_const(key_), &second}) {
    EXPECT_EQ(reason(key->assertion("etl", {}, {{"kid", "whatever"}})), "accepted");
  }
  EXPECT_EQ(reason(ClientKey{}.assertion("etl", {}, {{"kid", "whatever"}})), "assertion_signature_wrong");
  // Beside keys that have names: those are chosen by them.
  const ClientKey named;
  Json jwk = named.jwk();
  jwk["kid"] = "mine";
  fetched_.push_back(parsed_jwk(jwk));
  EXPECT_EQ(reason(named.assertion("etl", {}, {{"kid", "mine"}})), "accepted");
  EXPECT_EQ(reason(named.assertion("etl", {}, {{"kid", "other"}})), "assertion_signature_wrong");
  EXPECT_EQ(reason(key_.assertion("etl", {}, {{"kid", "mine"}})), "accepted");
}

TEST_F(CheckAssertion, BoundsTheKeysThatItTries) {
  const ClientKey stranger;
  while (keys_.size() < 16) keys_.push_back(parsed_jwk(stranger.jwk()));
  EXPECT_EQ(reason_with({}, {{"kid", "whatever"}}), "accepted");
  keys_.push_back(parsed_jwk(stranger.jwk()));
  EXPECT_EQ(reason_with({}, {{"kid", "whatever"}}), "assertion_key_unknown");
  EXPECT_EQ(reason_with({}), "assertion_key_unknown");
}

// RFC 7591 section 2: declared keys and those of the client's jwks_uri; each of them is enough.
TEST_F(CheckAssertion, TriesTheKeysOfBothSets) {
  const ClientKey second;
  const ClientKey third;
  EXPECT_EQ(reason(second.assertion("etl")), "assertion_signature_wrong");
  fetched_.push_back(parsed_jwk(second.jwk()));
  EXPECT_EQ(reason(second.assertion("etl")), "accepted");
  EXPECT_EQ(reason_with({}), "accepted");
  EXPECT_EQ(reason(third.assertion("etl")), "assertion_signature_wrong");
  keys_.clear();
  fetched_.clear();
  EXPECT_EQ(reason_with({}), "assertion_key_unknown");
}

// RFC 7521 section 4.2: who it may be of; believed by nobody.
TEST_F(CheckAssertion, PeeksAtTheSubject) {
  EXPECT_EQ(peek_subject(key_.assertion("etl")), "etl");
  EXPECT_EQ(peek_subject(hand_made(R"({"alg":"none"})", R"({"sub":"etl"})")), "etl");
  for (const char* payload : {"{}", "[]", R"({"sub":7})", R"({"sub":"a","sub":"b"})", "", "x"}) {
    EXPECT_EQ(peek_subject(hand_made(R"({"alg":"none"})", payload)), "") << payload;
  }
  for (const char* text : {"", "x", "..", "a.b", "a.b.c.d"}) EXPECT_EQ(peek_subject(text), "") << text;
}

// FAPI-5.4.1-1: what discovery lists is what is accepted.
TEST_F(CheckAssertion, ListsTheAlgorithmsOfEachProfile) {
  const auto all = client_algorithms(Profile::none);
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()),
            (std::set<std::string>{"ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "RS256", "EdDSA"}));
  const auto fapi = client_algorithms(Profile::fapi2);
  EXPECT_EQ(std::set<std::string>(fapi.begin(), fapi.end()), (std::set<std::string>{"ES256", "PS256", "EdDSA"}));
}

}  // namespace certbound::oauth
