#include "oauth/proof/dpop.hpp"

#include <set>

#include "crypto/secret.hpp"
#include "oauth/client_algorithms.hpp"
#include "unit/jose/vectors.hpp"
#include "unit/oauth/client_key.hpp"
#include "unit/oauth/token_endpoint_fixture.hpp"

namespace certbound::oauth {

namespace {

using model::BindingRule;
using std::chrono::seconds;

constexpr const char* kTokenUrl = "https://as.example:8443/oauth2/token";

long long issued(long long offset) { return unix_seconds(test::kNow) + offset; }

std::size_t count_headers(const Answer& answer, std::string_view name) {
  std::size_t found = 0;
  for (const auto& header : answer.headers) found += header.first == name ? 1U : 0U;
  return found;
}

}  // namespace

/// `etl` has certificate-bound tokens, `batch` an assertion and free choice, `dpop-only` has to send a proof,
/// `mtls-only` must not. orders-api introspects.
class DpopFlow : public TokenEndpointFixture {
 protected:
  DpopFlow() {
    model::Client dpop_only = make_jwt_registration("dpop-only", client_key_);
    dpop_only.dpop_binding = BindingRule::required;
    model::Client mtls_only = make_registration("mtls-only");
    mtls_only.dpop_binding = BindingRule::never;
    start({make_registration("etl"), make_jwt_registration("batch", client_key_), dpop_only, mtls_only,
           make_registration("orders-api")});
  }

  [[nodiscard]] http::Request make_request_of(const std::string& client_id) {
    std::string body = "grant_type=client_credentials&scope=read&client_id=" + client_id;
    const bool has_certificate = client_id == "etl" || client_id == "mtls-only";
    if (!has_certificate) body += assertion_parameters(client_key_.assertion(client_id));
    return make_token_request(body, has_certificate ? peer_of(client_id) : nullptr);
  }
  [[nodiscard]] Answer ask_with(const std::string& client_id, const std::vector<std::string>& proofs) {
    http::Request request = make_request_of(client_id);
    for (const std::string& proof : proofs) request.headers.emplace_back("dpop", proof);
    return ask(request);
  }
  [[nodiscard]] Answer ask_with(const std::string& proof) { return ask_with("batch", {proof}); }

  void expect_bad_proof(const std::string& proof, const std::string& reason) {
    expect_refused(ask_with(proof), 400, "invalid_dpop_proof", reason);
  }
  void expect_bound(const Answer& answer, const Json& confirmation) {
    ASSERT_EQ(answer.status, 200) << answer.text;
    EXPECT_EQ(answer.body["token_type"], confirmation.contains("jkt") ? "DPoP" : "Bearer");
    EXPECT_EQ(claims_of(answer)["cnf"], confirmation);
    EXPECT_EQ(records().back()["token_type"], answer.body["token_type"]);
  }

  ClientKey client_key_;
  ClientKey key_;  ///< of the proofs
};

// 9449-5-1: what the client is told, what the token says, what the audit record keeps.
TEST_F(DpopFlow, BindsTheTokenToTheKeyOfTheProof) {
  const Answer answer = ask_with(key_.proof());
  expect_bound(answer, {{"jkt", key_.jkt()}});
  EXPECT_EQ(answer.header("DPoP-Nonce"), "(absent)");
  const Json record = records().back();
  EXPECT_EQ(record["auth_method"], "private_key_jwt");
  EXPECT_EQ(record["dpop_jkt"], key_.jkt());
  EXPECT_EQ(record["confirmation"], "jkt");
  EXPECT_EQ(metrics_.dpop_tokens_issued.value(), 1);
}

// 9449-5-4, 8705-3.4-3: without a proof there is no binding, and no empty member that looks like one.
TEST_F(DpopFlow, IssuesABearerTokenWithoutAProof) {
  const Answer answer = ask(make_request_of("batch"));
  EXPECT_EQ(answer.body["token_type"], "Bearer");
  EXPECT_FALSE(claims_of(answer).contains("cnf"));
  EXPECT_EQ(metrics_.dpop_tokens_issued.value(), 0);
}

// DPoP+mTLS-1, decision D11.
TEST_F(DpopFlow, BindsToTheCertificateAndTheKey) {
  expect_bound(ask_with("etl", {key_.proof()}), {{"jkt", key_.jkt()}, {"x5t#S256", x509::x5t_s256(etl_.certificate)}});
  EXPECT_EQ(records().back()["confirmation"], "x5t#S256 jkt");
  expect_bound(ask(make_request_of("etl")), {{"x5t#S256", x509::x5t_s256(etl_.certificate)}});
}

// 9449-5.2-1, and the other end of sender_constraint: neither is passed over.
TEST_F(DpopFlow, HoldsToTheClientsRule) {
  expect_refused(ask(make_request_of("dpop-only")), 400, "invalid_request", "dpop_proof_missing");
  expect_bound(ask_with("dpop-only", {key_.proof()}), {{"jkt", key_.jkt()}});
  expect_refused(ask_with("mtls-only", {key_.proof()}), 400, "invalid_request", "dpop_not_wanted");
  EXPECT_EQ(ask(make_request_of("mtls-only")).body["token_type"], "Bearer");
}

// 9449-4.3-1.
TEST_F(DpopFlow, RefusesMoreThanOneProof) {
  const std::string one = key_.proof();
  expect_refused(ask_with("batch", {one, key_.proof()}), 400, "invalid_dpop_proof", "dpop_proof_repeated");
  expect_refused(ask_with("batch", {one, one}), 400, "invalid_dpop_proof", "dpop_proof_repeated");
  expect_refused(ask_with("batch", {"", one}), 400, "invalid_dpop_proof", "dpop_proof_repeated");
  expect_refused(ask_with("batch", {one, ""}), 400, "invalid_dpop_proof", "dpop_proof_repeated");
  expect_bad_proof(one + "," + key_.proof(), "dpop_proof_repeated");
  expect_bad_proof(one + ", ", "dpop_proof_repeated");
  expect_bound(ask_with(one), {{"jkt", key_.jkt()}});
}

// 9449-5-5: no falling back to a bearer token, also where nobody asked for a proof.
TEST_F(DpopFlow, RefusesABadProofThatNobodyNeeds) {
  for (const char* client : {"batch", "etl", "mtls-only"}) {
    expect_refused(ask_with(client, {""}), 400, "invalid_dpop_proof", "dpop_proof_malformed");
    expect_refused(ask_with(client, {"garbage"}), 400, "invalid_dpop_proof", "dpop_proof_malformed");
    expect_refused(ask_with(client, {key_.proof({{"htm", "GET"}})}), 400, "invalid_dpop_proof", "dpop_method_wrong");
  }
}

// 9449-4.3-2 to 9449-4.3-9: each check, as a reason of its own.
TEST_F(DpopFlow, TellsWhatIsWrongWithAProof) {
  for (const char* claim : {"jti", "htm", "htu", "iat"}) {
    expect_bad_proof(key_.proof({{claim, nullptr}}), "dpop_proof_malformed");
    expect_bad_proof(key_.proof({{claim, true}}), "dpop_proof_malformed");
  }
  for (const char* type : {"JWT", "at+jwt", "application/dpop+jwt", "DPOP+JWT", ""}) {
    expect_bad_proof(key_.proof({}, {{"typ", type}}), "dpop_type_wrong");
  }
  expect_bad_proof(key_.proof({}, {{"typ", nullptr}}), "dpop_type_wrong");
  for (const char* alg : {"none", "HS256", "es256", "RS384"}) {
    expect_bad_proof(key_.proof({}, {{"alg", alg}}), "dpop_algorithm_refused");
  }
  expect_bad_proof(key_.proof({}, {{"crit", {"x"}}, {"x", 1}}), "dpop_algorithm_refused");
  expect_bad_proof(key_.proof({}, {{"jwk", nullptr}}), "dpop_key_unusable");
  Json with_private = key_.jwk();
  with_private["d"] = "AAAA";
  expect_bad_proof(key_.proof({}, {{"jwk", with_private}}), "dpop_key_unusable");
  expect_bad_proof(key_.proof({}, {{"jwk", {{"kty", "oct"}, {"k", "AAAA"}}}}), "dpop_key_unusable");
  expect_bad_proof(key_.proof({}, {{"jwk", client_key_.jwk()}}), "dpop_signature_wrong");
  for (const char* method : {"GET", "post", "POST ", ""}) {
    expect_bad_proof(key_.proof({{"htm", method}}), *method == '\0' ? "dpop_proof_malformed" : "dpop_method_wrong");
  }
  expect_bad_proof(key_.proof({{"jti", std::string(10000, 'a')}}), "dpop_proof_malformed");
}

// 9449-4.3-12: a minute back, ten seconds ahead.
TEST_F(DpopFlow, HoldsToTheWindow) {
  for (const int offset : {-59, -10, 0, 8, 10}) {
    EXPECT_EQ(ask_with(key_.proof({{"iat", issued(offset)}})).status, 200) << offset;
  }
  expect_bad_proof(key_.proof({{"iat", issued(-60)}}), "dpop_proof_expired");
  expect_bad_proof(key_.proof({{"iat", issued(-3600)}}), "dpop_proof_expired");
  expect_bad_proof(key_.proof({{"iat", issued(11)}}), "dpop_proof_not_yet_valid");
  expect_bad_proof(key_.proof({{"iat", issued(3600)}}), "dpop_proof_not_yet_valid");
}

// 9449-4.3-9, 9449-4.3-10: without query and fragment, normalized; every other URL is another.
TEST_F(DpopFlow, ComparesTheUrl) {
  for (const char* url : {"https://as.example:8443/oauth2/token?x=1#f", "HTTPS://AS.Example:8443/oauth2/token",
                          "https://as.example:8443/oauth2/%74oken", "https://as.example:8443/a/../oauth2/token"}) {
    EXPECT_EQ(ask_with(key_.proof({{"htu", url}})).status, 200) << url;
  }
  for (const char* url :
       {"https://as.example/oauth2/token", "http://as.example:8443/oauth2/token", "https://as.example:8443/",
        "https://as.example:8443/oauth2/token/", "https://as.example:8443/oauth2/introspect",
        "https://as.example:8443/oauth2/TOKEN", "https://evil.example/oauth2/token", "/oauth2/token", "token",
        "https://user@as.example:8443/oauth2/token", "https://as.example:8443\\@evil.example/oauth2/token"}) {
    expect_bad_proof(key_.proof({{"htu", url}}), "dpop_url_wrong");
  }
}

// 9449-4.3-11: what the client says of the host is nothing to us.
TEST_F(DpopFlow, BelievesNoHostHeader) {
  const auto ask_as_host = [&](const std::string& host, const std::string& url) {
    http::Request request = make_request_of("batch");
    for (const char* name : {"host", "x-forwarded-host", "forwarded"}) request.headers.emplace_back(name, host);
    request.headers.emplace_back("x-forwarded-proto", "http");
    request.headers.emplace_back("dpop", key_.proof({{"htu", url}}));
    return ask(request);
  };
  expect_refused(ask_as_host("evil.example", "https://evil.example/oauth2/token"), 400, "invalid_dpop_proof",
                 "dpop_url_wrong");
  EXPECT_EQ(ask_as_host("evil.example", kTokenUrl).status, 200);
}

// 9449-4.3-11, RFC 8705 section 5: the URL of the listener that was called, and of no other.
TEST_F(DpopFlow, TakesTheUrlOfTheListener) {
  snapshot_.urls.listener_origins = {std::string{kIssuer}, "https://mtls.as.example"};
  publish();
  const auto ask_at = [&](std::size_t listener, const std::string& url) {
    http::Request request = make_request_of("batch");
    auto connection = std::make_shared<http::Connection>(*request.connection);
    connection->listener = listener;
    request.connection = std::move(connection);
    request.headers.emplace_back("dpop", key_.proof({{"htu", url}}));
    return ask(request);
  };
  const std::string alias = "https://mtls.as.example/oauth2/token";
  EXPECT_EQ(ask_at(0, kTokenUrl).status, 200);
  EXPECT_EQ(ask_at(1, alias).status, 200);
  EXPECT_EQ(ask_at(1, "https://mtls.as.example:443/oauth2/token").status, 200);
  expect_refused(ask_at(0, alias), 400, "invalid_dpop_proof", "dpop_url_wrong");
  expect_refused(ask_at(1, kTokenUrl), 400, "invalid_dpop_proof", "dpop_url_wrong");
  expect_refused(ask_at(2, kTokenUrl), 400, "invalid_dpop_proof", "dpop_url_wrong");
}

TEST_F(DpopFlow, TakesTheUrlOfAnIssuerWithAPath) {
  snapshot_.issuer = "https://as.example:8443/tenant/one";
  snapshot_.issuer_path = "/tenant/one";
  publish();
  const auto ask_for = [&](const std::string& url) {
    http::Request request = make_token_request("grant_type=client_credentials&client_id=etl", peer_of("etl"));
    request.path = "/tenant/one/oauth2/token";
    request.headers.emplace_back("dpop", key_.proof({{"htu", url}}));
    return ask(request);
  };
  EXPECT_EQ(ask_for("https://as.example:8443/tenant/one/oauth2/token").status, 200);
  expect_refused(ask_for(kTokenUrl), 400, "invalid_dpop_proof", "dpop_url_wrong");
}

// 9449-4.3-13: once for each key, URL and jti.
TEST_F(DpopFlow, TakesAProofOnce) {
  const std::string proof = key_.proof({{"jti", "a"}});
  EXPECT_EQ(ask_with(proof).status, 200);
  expect_bad_proof(proof, "dpop_proof_replayed");
  expect_refused(ask_with("etl", {proof}), 400, "invalid_dpop_proof", "dpop_proof_replayed");
  // Signed anew, spelled in another way: the same use all the same.
  expect_bad_proof(key_.proof({{"jti", "a"}, {"iat", issued(5)}}), "dpop_proof_replayed");
  expect_bad_proof(key_.proof({{"jti", "a"}, {"htu", std::string{kTokenUrl} + "?x"}}), "dpop_proof_replayed");
  EXPECT_EQ(ask_with(key_.proof({{"jti", "b"}})).status, 200);
  EXPECT_EQ(ask_with(ClientKey{}.proof({{"jti", "a"}})).status, 200);
  FakeClock::now += seconds{61};
  expect_bad_proof(proof, "dpop_proof_expired");
}

// What is refused for another reason may come again.
TEST_F(DpopFlow, DoesNotSpendAProofThatDoesNotHold) {
  const Json claims{{"jti", "a"}};
  Json elsewhere = claims;
  elsewhere["htu"] = "https://other.example/";
  expect_bad_proof(key_.proof(elsewhere), "dpop_url_wrong");
  http::Request strangers = make_token_request("grant_type=client_credentials&client_id=etl", nullptr);
  strangers.headers.emplace_back("dpop", key_.proof(claims));
  expect_refused(ask(strangers), 400, "invalid_client", "certificate_missing");
  EXPECT_EQ(ask_with(key_.proof(claims)).status, 200);
}

// 9449-8-1, 9449-8-2, 9449-8-4.
TEST_F(DpopFlow, DemandsANonceWhereItIsConfigured) {
  snapshot_.dpop.nonce = DpopOptions::Nonce::on;
  publish();
  const Answer first = ask_with(key_.proof());
  expect_refused(first, 400, "use_dpop_nonce", "dpop_nonce_missing");
  ASSERT_EQ(count_headers(first, "DPoP-Nonce"), 1U);
  const std::string nonce = first.header("DPoP-Nonce");
  const Answer second = ask_with(key_.proof({{"nonce", nonce}}));
  expect_bound(second, {{"jkt", key_.jkt()}});
  // 9449-8-3: the next nonce rides on what nobody may keep.
  EXPECT_EQ(count_headers(second, "DPoP-Nonce"), 1U);
  EXPECT_EQ(second.header("Cache-Control"), "no-store");
  // It is no licence for the same proof, but good for another one.
  const std::string proof = key_.proof({{"nonce", nonce}});
  EXPECT_EQ(ask_with(proof).status, 200);
  expect_bad_proof(proof, "dpop_proof_replayed");
  expect_refused(ask_with(key_.proof()), 400, "use_dpop_nonce", "dpop_nonce_missing");
}

TEST_F(DpopFlow, RefusesANonceThatIsNotOurs) {
  snapshot_.dpop.nonce = DpopOptions::Nonce::on;
  publish();
  const auto elsewhere = value_or_throw(proof::NonceMaker::make("elsewhere", std::chrono::minutes{5}));
  const std::string nonce = value_or_throw(nonces_.issue(test::kNow));
  const std::string theirs = value_or_throw(elsewhere.issue(test::kNow));
  for (const std::string& wrong : {theirs, std::string{"eyJ7S_zG.eyJH0-Z.HX4w-7v"}, nonce + "A", std::string{}}) {
    const Answer answer = ask_with(key_.proof({{"nonce", wrong}}));
    expect_refused(answer, 400, "use_dpop_nonce", "dpop_nonce_wrong");
    EXPECT_EQ(count_headers(answer, "DPoP-Nonce"), 1U);
  }
  expect_bad_proof(key_.proof({{"nonce", 7}}), "dpop_proof_malformed");
  FakeClock::now += seconds{300};
  EXPECT_EQ(ask_with(key_.proof({{"nonce", nonce}})).status, 200);
  FakeClock::now += seconds{1};
  expect_refused(ask_with(key_.proof({{"nonce", nonce}})), 400, "use_dpop_nonce", "dpop_nonce_wrong");
}

// Who sends no proof is not told of nonces; a proof that is bad is bad with any nonce.
TEST_F(DpopFlow, OffersANonceToWhoeverSendsAProof) {
  snapshot_.dpop.nonce = DpopOptions::Nonce::on;
  publish();
  EXPECT_EQ(count_headers(ask(make_request_of("batch")), "DPoP-Nonce"), 0U);
  const Answer bad = ask_with(key_.proof({{"htm", "GET"}}));
  expect_refused(bad, 400, "invalid_dpop_proof", "dpop_method_wrong");
  EXPECT_EQ(count_headers(bad, "DPoP-Nonce"), 1U);
}

// 9449-6.2-1: introspection says it of both formats, and needs no proof.
TEST_F(DpopFlow, IntrospectionTellsTheBinding) {
  model::Resource& orders = snapshot_.resources.find(kOrders)->second;
  snapshot_.sealing_keys.push_back({"s1", crypto::Secret{Bytes(32, 1)}});
  for (const auto format : {model::TokenFormat::jwt, model::TokenFormat::opaque}) {
    orders.token_format = format;
    publish();
    const Json both{{"jkt", key_.jkt()}, {"x5t#S256", x509::x5t_s256(etl_.certificate)}};
    for (const auto& [client, confirmation] : {std::pair{"batch", Json{{"jkt", key_.jkt()}}}, std::pair{"etl", both}}) {
      const Answer granted = ask_with(client, {key_.proof()});
      EXPECT_EQ(granted.body["token_type"], "DPoP");
      const Json answer = introspect("orders-api", token_of(granted)).body;
      EXPECT_EQ(answer["active"], true);
      EXPECT_EQ(answer["token_type"], "DPoP");
      EXPECT_EQ(answer["cnf"], confirmation) << client;
    }
    const Json unbound = introspect("orders-api", token_of(ask(make_request_of("batch")))).body;
    EXPECT_EQ(unbound["token_type"], "Bearer");
    EXPECT_FALSE(unbound.contains("cnf"));
  }
}

// FAPI-5.4.1-1, 9449-4.3-5.
TEST_F(DpopFlow, HoldsToTheAlgorithmsOfTheProfile) {
  const ClientKey rs{model::SigningAlgorithm::rs256};
  const ClientKey ps{model::SigningAlgorithm::ps256};
  const ClientKey ed{model::SigningAlgorithm::eddsa};
  for (const ClientKey* key : {&rs, &ps, &ed}) EXPECT_EQ(ask_with(key->proof()).status, 200) << key->alg();
  snapshot_.profile = Profile::fapi2;
  publish();
  for (const ClientKey* key : {&std::as_const(key_), &ps, &ed})
    EXPECT_EQ(ask_with(key->proof()).status, 200) << key->alg();
  expect_bad_proof(rs.proof(), "dpop_algorithm_refused");
  const auto listed = client_algorithms(Profile::fapi2);
  EXPECT_EQ(std::set<std::string>(listed.begin(), listed.end()), (std::set<std::string>{"ES256", "PS256", "EdDSA"}));
}

// RFC 9449 section 5: the published proof, at its URL and in its time.
TEST_F(DpopFlow, AcceptsThePublishedProof) {
  const auto vectors = jose::test::load_vectors("rfc9449");
  const std::string proof = vectors.at("token_request_proof").get<std::string>();
  http::Request request = make_request_of("etl");
  request.path = "/token";
  request.headers.emplace_back("dpop", proof);
  snapshot_.urls.listener_origins = {"https://server.example.com"};
  const auto judge = [&](long long now) { return check_dpop(request, snapshot_, nonces_, WallTime{seconds{now}}); };
  const auto judged = judge(1562262616);
  ASSERT_TRUE(judged) << judged.error().detail;
  EXPECT_EQ((*judged)->proof.key.to_base64url(), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
  EXPECT_EQ(unix_seconds((*judged)->use.issued_at), 1562262616);
  EXPECT_EQ(unix_seconds((*judged)->use.until), 1562262616 + 60);
  EXPECT_EQ(judge(1562262616 + 60).error().reason, Reason::dpop_proof_expired);
}

// JOSE-21: a proof is no assertion and an assertion no proof, though one key signs both.
TEST_F(DpopFlow, MixesNoProofWithAnAssertion) {
  const Json both{{"iss", "batch"},    {"sub", "batch"}, {"aud", kIssuer},
                  {"exp", issued(60)}, {"htm", "POST"},  {"htu", kTokenUrl}};
  const std::string as_proof = client_key_.proof(both);
  expect_refused(ask_token("batch", nullptr, assertion_parameters(as_proof)), 400, "invalid_client",
                 "assertion_type_wrong");
  const std::string as_assertion = client_key_.assertion("batch", both, {{"jwk", client_key_.jwk()}});
  expect_bad_proof(as_assertion, "dpop_type_wrong");
  expect_bound(ask_with(as_proof), {{"jkt", client_key_.jkt()}});
  // A token of ours is neither.
  const std::string token = token_of(ask(make_request_of("batch")));
  expect_bad_proof(token, "dpop_proof_malformed");
  expect_refused(ask_token("batch", nullptr, assertion_parameters(token)), 400, "invalid_client",
                 "assertion_signature_wrong");
}

// The other endpoints take no proof, and spend none.
TEST_F(DpopFlow, OtherEndpointsLookAtNoProof) {
  const std::string proof = key_.proof();
  http::Request request = make_client_request("/oauth2/introspect", "orders-api", peer_of("orders-api"), "&token=x");
  request.headers.emplace_back("dpop", proof);
  request.headers.emplace_back("dpop", "garbage");
  EXPECT_EQ(ask(request).text, R"({"active":false})");
  EXPECT_EQ(ask_with(proof).status, 200);
}

}  // namespace certbound::oauth
