#include <future>

#include "store/memory/memory_store.hpp"
#include "support/ocsp.hpp"
#include "unit/oauth/client_key.hpp"
#include "unit/oauth/token_endpoint_fixture.hpp"

namespace certbound::oauth {

namespace {

using model::BindingRule;
using std::chrono::seconds;

/// A store of used values that says what a test wants, and counts.
class ScriptedReplays final : public ReplayStore {
 public:
  [[nodiscard]] Task<Spent> spend(SingleUse /*use*/, WallTime /*now*/) override {
    ++asked;
    co_return answer;
  }
  Spent answer = Spent::first;
  int asked = 0;
};

}  // namespace

/// `batch` and `other` with a key of their own each, `etl` by certificate, `remote` with a jwks_uri.
class PrivateKeyJwt : public TokenEndpointFixture {
 protected:
  PrivateKeyJwt() {
    model::Client remote = make_jwt_registration("remote", key_);
    remote.assertion_keys.clear();
    remote.jwks_uri = "https://partner.example/jwks.json";
    start({make_jwt_registration("batch", key_), make_jwt_registration("other", other_key_), remote,
           make_registration("etl"), make_registration("orders-api")});
  }

  [[nodiscard]] Answer ask_by(const std::string& assertion, PeerChain peer = nullptr, const std::string& more = "") {
    return ask(
        make_token_request("grant_type=client_credentials" + assertion_parameters(assertion) + more, std::move(peer)));
  }
  void expect_no_client(const Answer& answer, const std::string& reason) {
    expect_refused(answer, 400, "invalid_client", reason);
    EXPECT_EQ(answer.body.value("error_description", "(none)"), "client authentication failed");
  }
  /// Counts the questions from now on.
  ScriptedReplays& script_replays(Spent answer) {
    auto scripted = std::make_unique<ScriptedReplays>();
    scripted->answer = answer;
    ScriptedReplays& ours = *scripted;
    end();
    replays_ = std::move(scripted);
    start_over(value_or_throw(store::make_executor(*store_, store::ExecutorOptions())));
    return ours;
  }
  static std::shared_ptr<const KeySet> keys_at_uri(const std::vector<Json>& keys) {
    return std::make_shared<const KeySet>(value_or_throw(parse_key_set(Json{{"keys", keys}}.dump())).set);
  }
  void publish_keys(std::shared_ptr<const KeySet> keys, PublishedKeys::Ask ask) {
    KeyDirectory::Published published;
    published.emplace("remote", PublishedKeys{std::move(keys), 7, std::move(ask)});
    service_->publish_keys(published);
  }

  ClientKey key_;
  ClientKey other_key_;
};

// RFC 7523 section 2.2; 7523-2.2-2: with and without client_id.
TEST_F(PrivateKeyJwt, AuthenticatesByAnAssertion) {
  for (const char* more : {"", "&client_id=batch"}) {
    const Answer answer = ask_by(key_.assertion("batch"), nullptr, more);
    ASSERT_EQ(answer.status, 200) << answer.text;
    const Json claims = claims_of(answer);
    EXPECT_EQ(claims["client_id"], "batch");
    EXPECT_EQ(claims["sub"], "batch");
    EXPECT_FALSE(claims.contains("cnf"));
    const Json record = records().back();
    EXPECT_EQ(record["client_id"], "batch");
    EXPECT_EQ(record["auth_method"], "private_key_jwt");
    EXPECT_EQ(record["token_type"], "Bearer");
    EXPECT_FALSE(record.contains("confirmation"));
  }
}

// 7523-2.2-2, JOSE-17: another client's name, another client's key.
TEST_F(PrivateKeyJwt, RefusesAnotherClient) {
  expect_no_client(ask_by(key_.assertion("batch"), nullptr, "&client_id=other"), "assertion_signature_wrong");
  expect_no_client(ask_by(key_.assertion("other")), "assertion_signature_wrong");
  expect_no_client(ask_by(other_key_.assertion("batch")), "assertion_signature_wrong");
  expect_no_client(ask_by(key_.assertion("other", {{"sub", "batch"}})), "assertion_issuer_wrong");
  expect_no_client(ask_by(key_.assertion("nobody")), "client_unknown");
  expect_no_client(ask_by("a.b.c"), "method_mismatch");
  expect_no_client(ask_by("a.b.c", nullptr, "&client_id=batch"), "assertion_malformed");
}

// The method is the registered one: an assertion is nothing to a client of certificates, and the other way round.
TEST_F(PrivateKeyJwt, FallsBackToNothing) {
  expect_no_client(ask_by(key_.assertion("etl")), "method_mismatch");
  expect_no_client(ask_token("batch", nullptr), "assertion_missing");
  expect_no_client(ask_token("batch", present(etl_)), "assertion_missing");
  expect_no_client(ask_token("batch", present(test::make_client("batch", root_))), "assertion_missing");
  expect_no_client(ask_token("batch", nullptr, "&client_secret=x"), "method_mismatch");
  http::Request basic = make_token_request("grant_type=client_credentials", nullptr);
  basic.headers.emplace_back("authorization", "Basic YmF0Y2g6eA==");
  expect_refused(ask(basic), 401, "invalid_client", "method_mismatch");
}

// 8705-2-6 for this method too: one answer whatever is wrong.
TEST_F(PrivateKeyJwt, AnswersEveryRefusalAlike) {
  std::set<std::string> answers;
  for (const std::string& assertion :
       {key_.assertion("nobody"), key_.assertion("other"), key_.assertion("batch", {{"exp", 1}}),
        key_.assertion("batch", {{"aud", "x"}}), key_.assertion("batch", {}, {{"typ", "at+jwt"}})}) {
    answers.insert(ask_by(assertion).text);
  }
  EXPECT_EQ(answers.size(), 1U);
}

// 7523-3-3, GHSA-3p3g-vpw6-4w66: once, at whatever endpoint.
TEST_F(PrivateKeyJwt, TakesAnAssertionOnce) {
  const std::string assertion = key_.assertion("batch", {{"jti", "a"}});
  EXPECT_EQ(ask_by(assertion).status, 200);
  expect_no_client(ask_by(assertion), "assertion_replayed");
  http::Request introspection = make_token_request("token=x" + assertion_parameters(assertion), nullptr);
  introspection.path = "/oauth2/introspect";
  expect_refused(ask(introspection), 401, "invalid_client", "assertion_replayed");
  // Signed anew with other dates: the same use.
  expect_no_client(ask_by(key_.assertion("batch", {{"jti", "a"}, {"exp", unix_seconds(test::kNow) + 9}})),
                   "assertion_replayed");
  EXPECT_EQ(ask_by(other_key_.assertion("other", {{"jti", "a"}})).status, 200);
}

TEST_F(PrivateKeyJwt, IsTakenAtEveryEndpoint) {
  http::Request request = make_token_request("token=x" + assertion_parameters(key_.assertion("batch")), nullptr);
  request.path = "/oauth2/introspect";
  EXPECT_EQ(ask(request).text, R"({"active":false})");
  request = make_token_request("token=x" + assertion_parameters(key_.assertion("batch")), nullptr);
  request.path = "/oauth2/revoke";
  EXPECT_EQ(ask(request).status, 200);
}

// What does not authenticate the client for any reason may come again.
TEST_F(PrivateKeyJwt, SpendsNothingWhereAuthenticationFails) {
  const Json jti{{"jti", "a"}};
  const auto with = [&](const char* claim, const Json& value) {
    Json claims = jti;
    claims[claim] = value;
    return key_.assertion("batch", claims);
  };
  expect_no_client(ask_by(with("aud", "x")), "assertion_audience_wrong");
  expect_no_client(ask_by(with("exp", 1)), "assertion_expired");
  expect_no_client(ask_by(with("iss", "x")), "assertion_issuer_wrong");
  expect_no_client(ask_by(key_.assertion("batch", jti, {{"typ", "at+jwt"}})), "assertion_type_wrong");
  expect_no_client(ask_by(other_key_.assertion("batch", jti)), "assertion_signature_wrong");
  expect_refused(ask_by(key_.assertion("batch", jti), nullptr, "&client_secret=x"), 400, "invalid_request",
                 "several_credentials");
  const auto denial = deny(model::DenialKind::client, "batch");
  expect_no_client(ask_by(key_.assertion("batch", jti)), "client_denied");
  take_back(denial);
  EXPECT_EQ(ask_by(key_.assertion("batch", jti)).status, 200);
}

// Asked at the end, and once.
TEST_F(PrivateKeyJwt, AsksTheStoreOnceForARequest) {
  ScriptedReplays& replays = script_replays(Spent::first);
  EXPECT_EQ(ask_by(key_.assertion("batch")).status, 200);
  EXPECT_EQ(replays.asked, 1);
  expect_no_client(ask_by(other_key_.assertion("batch")), "assertion_signature_wrong");
  expect_no_client(ask_token("batch", nullptr), "assertion_missing");
  EXPECT_EQ(ask_token("etl", present(etl_)).status, 200);
  EXPECT_EQ(replays.asked, 1);
}

// Where nobody can tell it is no fault of the client's: 503, and when to come again.
TEST_F(PrivateKeyJwt, TellsWhatTheStoreSays) {
  struct Row {
    Spent spent;
    int status;
    const char* error;
    const char* assertion_reason;
    const char* proof_reason;
  };
  const Row rows[] = {
      {Spent::replay, 400, nullptr, "assertion_replayed", "dpop_proof_replayed"},
      {Spent::before_start, 400, nullptr, "assertion_before_start", "dpop_proof_before_start"},
      {Spent::unknown, 503, "temporarily_unavailable", "replays_unknown", "replays_unknown"},
      {Spent::full, 503, "temporarily_unavailable", "replays_full", "replays_full"},
  };
  for (const Row& row : rows) {
    script_replays(row.spent);
    const Answer by_assertion = ask_by(key_.assertion("batch"));
    expect_refused(by_assertion, row.status, row.error == nullptr ? "invalid_client" : row.error, row.assertion_reason);
    http::Request request = make_token_request("grant_type=client_credentials&client_id=etl", present(etl_));
    request.headers.emplace_back("dpop", key_.proof());
    const Answer by_proof = ask(request);
    expect_refused(by_proof, row.status, row.error == nullptr ? "invalid_dpop_proof" : row.error, row.proof_reason);
    const std::string later = row.status != 503 ? "(absent)" : row.spent == Spent::unknown ? "10" : "1";
    EXPECT_EQ(by_assertion.header("Retry-After"), later);
    EXPECT_EQ(by_proof.header("Retry-After"), later);
    EXPECT_EQ(ask_token("etl", present(etl_)).status, 200);
  }
}

// 8705-3-2, 7523-mtls-1: binding has nothing to do with how the client authenticates.
TEST_F(PrivateKeyJwt, BindsToTheCertificateByTheClientsRule) {
  const auto self_signed = make_self_signed("whoever");
  const auto issued = test::make_client("somebody", root_);
  struct Row {
    BindingRule rule;
    const test::Identity* certificate;
    bool is_bound;
  };
  const Row rows[] = {
      {BindingRule::required, &self_signed, true},
      {BindingRule::required, &issued, true},
      {BindingRule::when_presented, &self_signed, true},
      {BindingRule::when_presented, &issued, true},
      {BindingRule::when_presented, nullptr, false},
      {BindingRule::never, &self_signed, false},
      {BindingRule::never, &issued, false},
      {BindingRule::never, nullptr, false},
  };
  for (const Row& row : rows) {
    model::Client client = make_jwt_registration("batch", key_);
    client.certificate_binding = row.rule;
    start({client});
    const Answer answer =
        ask_by(key_.assertion("batch"), row.certificate == nullptr ? nullptr : present(*row.certificate));
    ASSERT_EQ(answer.status, 200) << answer.text;
    const Json claims = claims_of(answer);
    EXPECT_EQ(answer.body["token_type"], "Bearer");
    ASSERT_EQ(claims.contains("cnf"), row.is_bound);
    EXPECT_EQ(records().back().value("confirmation", ""), row.is_bound ? "x5t#S256" : "");
    if (row.is_bound) {
      EXPECT_EQ(claims["cnf"], (Json{{"x5t#S256", x509::x5t_s256(row.certificate->certificate)}}));
    }
  }
}

// 8705-3.4-2, decision D4: an error, never an unbound token.
TEST_F(PrivateKeyJwt, RefusesARequiredCertificateThatIsMissing) {
  model::Client client = make_jwt_registration("batch", key_);
  client.certificate_binding = BindingRule::required;
  start({client});
  expect_refused(ask_by(key_.assertion("batch")), 400, "invalid_request", "certificate_missing");
}

// A certificate that tokens are bound to and that is denied: no token; where it is not looked at, it is nobody's.
TEST_F(PrivateKeyJwt, LooksAtDenialsOfWhatItBindsTo) {
  const auto certificate = make_self_signed("whoever");
  for (const BindingRule rule : {BindingRule::when_presented, BindingRule::never}) {
    model::Client client = make_jwt_registration("batch", key_);
    client.certificate_binding = rule;
    start({client});
    static_cast<void>(deny(model::DenialKind::thumbprint, x509::x5t_s256(certificate.certificate)));
    const Answer answer = ask_by(key_.assertion("batch"), present(certificate));
    if (rule == BindingRule::never) {
      EXPECT_EQ(answer.status, 200) << answer.text;
    } else {
      expect_no_client(answer, "certificate_denied");
    }
  }
}

// Product section 5, rule 5: a key that was rotated in works at the first try, and its assertion is spent once.
TEST_F(PrivateKeyJwt, LooksAgainWhenNewerKeysHaveCome) {
  const ClientKey next;
  boost::asio::io_context context{1};
  publish_keys(keys_at_uri({key_.jwk()}), [&](std::uint64_t /*known*/) {
    boost::asio::post(context, [this, &next] { service_->put_keys("remote", keys_at_uri({next.jwk()}), 8); });
    return true;
  });
  const std::string assertion = next.assertion("remote");
  std::optional<http::Response> response;
  const http::Request request =
      make_token_request("grant_type=client_credentials" + assertion_parameters(assertion), nullptr);
  store::start_task(context, service_->handle(request), response);
  context.run();
  EXPECT_EQ(to_answer(response).status, 200);
  expect_no_client(ask_by(assertion), "assertion_replayed");
}

// The same by `kid`, without an attempt that is worth it, and before any keys have come.
TEST_F(PrivateKeyJwt, RefusesKeysThatAreNotAtTheUri) {
  int asked = 0;
  const auto too_soon = [&asked](std::uint64_t /*known*/) {
    ++asked;
    return false;
  };
  publish_keys(nullptr, too_soon);
  expect_no_client(ask_by(key_.assertion("remote")), "assertion_key_unknown");
  EXPECT_EQ(asked, 1);
  Json named = key_.jwk();
  named["kid"] = "a";
  publish_keys(keys_at_uri({named}), too_soon);
  EXPECT_EQ(ask_by(key_.assertion("remote", {}, {{"kid", "a"}})).status, 200);
  EXPECT_EQ(asked, 1);
  expect_no_client(ask_by(other_key_.assertion("remote", {}, {{"kid", "b"}})), "assertion_key_unknown");
  expect_no_client(ask_by(other_key_.assertion("remote")), "assertion_signature_wrong");
  EXPECT_EQ(asked, 3);
  // Nothing that newer keys would change has anybody ask for them.
  expect_no_client(ask_by(key_.assertion("remote", {{"aud", "x"}})), "assertion_audience_wrong");
  expect_no_client(ask_by(key_.assertion("remote", {}, {{"alg", "HS256"}})), "assertion_algorithm_refused");
  expect_no_client(ask_by("a.b.c", nullptr, "&client_id=remote"), "assertion_malformed");
  EXPECT_EQ(asked, 3);
}

/// A client of certificates whose trust store asks responders: its requests are looked at more than once.
class ProofBehindOcsp : public PrivateKeyJwt {
 protected:
  ProofBehindOcsp() {
    x509::OcspOptions options;
    options.source = x509::OcspSource::responder;
    options.responder = "http://ocsp.example/";
    auto& store = snapshot_.trust_stores["partner"];
    store = store->with_revocation({x509::RevocationMode::require, {}, options});
    publish();
    ocsp_.answer = [this](const x509::OcspQuestion& question) {
      test::OcspShape shape;
      shape.this_update = FakeClock::now;
      shape.produced_at = FakeClock::now;
      shape.next_update = FakeClock::now + std::chrono::hours{1};
      const Bytes response = test::make_ocsp_response(question, root_, shape);
      return x509::OcspOutcome::of_answer(value_or_throw(verify_ocsp_response(response, question, {}, FakeClock::now)),
                                          FakeClock::now);
    };
  }
  [[nodiscard]] Answer ask_with(const std::string& proof) {
    http::Request request = make_token_request("grant_type=client_credentials&client_id=etl", present(etl_));
    request.headers.emplace_back("dpop", proof);
    return ask(request);
  }
};

// The request that is tried again is no replay of itself, and its proof is spent all the same.
TEST_F(ProofBehindOcsp, IsSpentOnce) {
  const std::string proof = key_.proof();
  EXPECT_EQ(ask_with(proof).status, 200);
  EXPECT_EQ(ocsp_.asked, 1U);
  expect_refused(ask_with(proof), 400, "invalid_dpop_proof", "dpop_proof_replayed");
  ScriptedReplays& replays = script_replays(Spent::first);
  ocsp_.asked = 0;
  EXPECT_EQ(ask_with(key_.proof()).status, 200);
  EXPECT_EQ(ocsp_.asked, 1U);
  EXPECT_EQ(replays.asked, 1);
}

// Nobody says whether the certificate is revoked: the client is refused, and its proof may come again.
TEST_F(ProofBehindOcsp, IsNotSpentWhereTheCertificateIsRefused) {
  const auto good = ocsp_.answer;
  ocsp_.answer = [](const x509::OcspQuestion&) {
    return x509::OcspOutcome::of_failure("down", FakeClock::now, seconds{10});
  };
  const std::string proof = key_.proof();
  expect_refused(ask_with(proof), 400, "invalid_client", "revocation_unknown");
  ocsp_.answer = good;
  FakeClock::now += seconds{10};
  EXPECT_EQ(ask_with(proof).status, 200);
}

// A certificate that tokens of an assertion's client are bound to is nobody's identity: no responder is asked for it.
TEST_F(ProofBehindOcsp, NobodyIsAskedForACertificateThatIsOnlyBoundTo) {
  model::Client client = make_jwt_registration("batch", key_);
  client.certificate_binding = BindingRule::when_presented;
  start({client});
  EXPECT_EQ(ask_by(key_.assertion("batch"), present(etl_)).status, 200);
  EXPECT_EQ(ocsp_.asked, 0U);
}

}  // namespace certbound::oauth
