#include "oauth/client_auth/authenticate.hpp"
#include "store/directory_client.hpp"
#include "unit/oauth/client_key.hpp"

namespace certbound::oauth {

namespace {

using model::AuthMethod;
using model::BindingRule;
using std::chrono::hours;
using std::chrono::seconds;

// 256 bits as `certbound client secret new` writes them, and as many of a client's own that need an escape.
constexpr const char* kSecret = "7Fjfp0ZBr1KtDRbnfVdmIw7Fjfp0ZBr1KtDRbnfVdmI";
constexpr const char* kOldSecret = "gX1fBat3bVgX1fBat3bVgX1fBat3bVgX1fBat3bVgX1";
constexpr const char* kOddSecret = "a secret: 100% + more & =, for 32 octets";
constexpr const char* kOddEscaped = "a+secret%3A+100%25+%2B+more+%26+%3D%2C+for+32+octets";

std::string digest_of(std::string_view secret) { return crypto::sha256(secret).to_base64url(); }

model::Client make_secret_registration(const std::string& id, AuthMethod method) {
  model::Client client = make_registration(id);
  client.token_endpoint_auth_method = method;
  client.subject.reset();
  client.trust_store.clear();
  client.certificate_binding = BindingRule::never;
  client.declared_secret_sha256 = digest_of(kSecret);
  return client;
}

}  // namespace

/// `basic` and `posting`, by the method of their names; client secrets are allowed.
class ClientSecretAuth : public ServiceFixture {
 protected:
  ClientSecretAuth() {
    snapshot_.allows_client_secrets = true;
    model::Client odd = make_secret_registration("odd", AuthMethod::client_secret_basic);
    odd.declared_secret_sha256 = digest_of(kOddSecret);
    start({make_secret_registration("basic", AuthMethod::client_secret_basic),
           make_secret_registration("posting", AuthMethod::client_secret_post), odd, make_registration("etl")});
  }

  [[nodiscard]] Answer ask_basic(const std::string& id, const std::string& secret, PeerChain peer = nullptr,
                                 const std::string& more = "") {
    http::Request request = make_token_request("grant_type=client_credentials" + more, std::move(peer));
    request.headers.emplace_back("authorization", "Basic " + base64_encode(as_bytes(id + ":" + secret)));
    return ask(request);
  }
  void expect_challenged(const Answer& answer, const std::string& reason) {
    expect_refused(answer, 401, "invalid_client", reason);
    EXPECT_EQ(answer.header("WWW-Authenticate"), "Basic realm=\"certbound\"");
    EXPECT_EQ(answer.body.value("error_description", ""), "client authentication failed");
  }
};

// RFC 6749 section 2.3.1.
TEST_F(ClientSecretAuth, AuthenticatesByTheHeader) {
  for (const char* more : {"", "&client_id=basic"}) {
    const Answer answer = ask_basic("basic", kSecret, nullptr, more);
    ASSERT_EQ(answer.status, 200) << answer.text;
    EXPECT_EQ(claims_of(answer)["client_id"], "basic");
    EXPECT_FALSE(claims_of(answer).contains("cnf"));
    EXPECT_EQ(records().back()["auth_method"], "client_secret_basic");
  }
}

// 6749-2.3.1-1: id and secret are form-encoded before base64.
TEST_F(ClientSecretAuth, DecodesTheSecret) {
  EXPECT_EQ(ask_basic("odd", kOddEscaped).status, 200);
  expect_challenged(ask_basic("odd", kOddSecret), "secret_wrong");
}

TEST_F(ClientSecretAuth, AuthenticatesByTheBody) {
  const Answer answer = ask_token("posting", nullptr, "&client_secret=" + std::string{kSecret});
  ASSERT_EQ(answer.status, 200) << answer.text;
  EXPECT_EQ(records().back()["auth_method"], "client_secret_post");
}

// RFC 6749 section 5.2: 401 and the scheme where the header was used.
TEST_F(ClientSecretAuth, RefusesAnotherSecret) {
  for (const std::string& secret :
       {std::string{"x"}, std::string{kSecret} + "x", std::string{kSecret}.substr(1), digest_of(kSecret)}) {
    expect_challenged(ask_basic("basic", secret), "secret_wrong");
    expect_refused(ask_token("posting", nullptr, "&client_secret=" + secret), 400, "invalid_client", "secret_wrong");
  }
  expect_challenged(ask_basic("nobody", kSecret), "client_unknown");
}

// The registered method, and no other that would have done.
TEST_F(ClientSecretAuth, RefusesTheOtherPlace) {
  expect_challenged(ask_basic("posting", kSecret), "method_mismatch");
  expect_refused(ask_token("basic", nullptr, "&client_secret=" + std::string{kSecret}), 400, "invalid_client",
                 "method_mismatch");
  expect_refused(ask_token("basic", nullptr), 400, "invalid_client", "secret_missing");
  expect_refused(ask_token("basic", present(etl_)), 400, "invalid_client", "secret_missing");
  expect_refused(ask_token("basic", nullptr, assertion_parameters(ClientKey{}.assertion("basic"))), 400,
                 "invalid_client", "method_mismatch");
  http::Request bearer = make_token_request("grant_type=client_credentials&client_id=basic", nullptr);
  bearer.headers.emplace_back("authorization", "Bearer " + std::string{kSecret});
  expect_refused(ask(bearer), 401, "invalid_client", "method_mismatch");
}

// 6749-2.3.1-2: never in the URL.
TEST_F(ClientSecretAuth, TakesNoSecretFromTheUrl) {
  http::Request request = make_token_request("grant_type=client_credentials", nullptr);
  request.query = "client_id=posting&client_secret=" + std::string{kSecret};
  expect_refused(ask(request), 400, "invalid_request", "missing_parameter");
}

// Two valid at a time, so that a client changes over without a gap; each ends at its date.
TEST_F(ClientSecretAuth, TakesEverySecretUntilItEnds) {
  const WallTime end = test::kNow + hours{1};
  model::Client client = make_secret_registration("basic", AuthMethod::client_secret_basic);
  client.declared_secret_sha256.clear();
  client.secrets = {{1, digest_of(kOldSecret), test::kNow, end}, {2, digest_of(kSecret), test::kNow, std::nullopt}};
  const auto registered = value_or_throw(store::make_directory_client(client));
  const auto reason_of = [&](const char* secret, WallTime now) -> std::string {
    x509::VerificationMemory memory;
    x509::OcspCache answers;
    x509::OcspDesk desk{answers};
    Credential credential;
    credential.kind = Credential::Kind::basic;
    credential.client_id = "basic";
    credential.secret = secret;
    const auto proven =
        check_client(registered, Evidence{nullptr, credential}, AuthContext{snapshot_, memory, desk, now});
    if (!proven) return std::string{name(proven.error().reason)};
    EXPECT_FALSE(proven->single_use);
    return "accepted";
  };
  EXPECT_EQ(reason_of(kOldSecret, test::kNow), "accepted");
  EXPECT_EQ(reason_of(kSecret, test::kNow), "accepted");
  EXPECT_EQ(reason_of(kOldSecret, end - seconds{1}), "accepted");
  EXPECT_EQ(reason_of(kOldSecret, end), "secret_expired");
  EXPECT_EQ(reason_of(kSecret, end), "accepted");
  EXPECT_EQ(reason_of("x", end), "secret_wrong");
}

// No secret is no secret, not an empty one.
TEST_F(ClientSecretAuth, RefusesAClientWithoutASecret) {
  model::Client client = make_secret_registration("basic", AuthMethod::client_secret_basic);
  client.declared_secret_sha256.clear();
  start({client});
  expect_challenged(ask_basic("basic", kSecret), "secret_wrong");
  expect_challenged(ask_basic("basic", ""), "secret_wrong");
}

// Off unless the operator allows it, with the right secret too.
TEST_F(ClientSecretAuth, IsOffWhereItIsNotAllowed) {
  snapshot_.allows_client_secrets = false;
  publish();
  expect_challenged(ask_basic("basic", kSecret), "method_mismatch");
  expect_refused(ask_token("posting", nullptr, "&client_secret=" + std::string{kSecret}), 400, "invalid_client",
                 "method_mismatch");
}

// 8705-3-2, 8705-3.4-2, 8705-3.4-3.
TEST_F(ClientSecretAuth, BindsToTheCertificateByTheClientsRule) {
  const auto certificate = make_self_signed("whoever");
  for (const BindingRule rule : {BindingRule::required, BindingRule::when_presented, BindingRule::never}) {
    model::Client client = make_secret_registration("basic", AuthMethod::client_secret_basic);
    client.certificate_binding = rule;
    start({client});
    for (const PeerChain& peer : {present(certificate), present(etl_)}) {
      const Json claims = claims_of(ask_basic("basic", kSecret, peer));
      EXPECT_EQ(claims.contains("cnf"), rule != BindingRule::never);
      EXPECT_EQ(claims.value("cnf", Json::object()),
                rule == BindingRule::never ? Json::object() : (Json{{"x5t#S256", peer->x5t_s256}}));
    }
    const Answer without = ask_basic("basic", kSecret);
    if (rule == BindingRule::required) {
      expect_refused(without, 400, "invalid_request", "certificate_missing");
    } else {
      EXPECT_FALSE(claims_of(without).contains("cnf"));
    }
  }
}

// Nothing of a secret is kept, right or wrong.
TEST_F(ClientSecretAuth, KeepsNoSecretInTheAuditRecord) {
  static_cast<void>(ask_basic("basic", kSecret));
  static_cast<void>(ask_basic("basic", "wr0ng-secret"));
  static_cast<void>(ask_token("posting", nullptr, "&client_secret=" + std::string{kSecret}));
  std::ifstream file{audit_path_};
  const std::string kept{std::istreambuf_iterator<char>{file}, {}};
  for (const std::string& text : {std::string{kSecret}, std::string{"wr0ng"}, digest_of(kSecret),
                                  base64_encode(as_bytes("basic:" + std::string{kSecret}))}) {
    EXPECT_EQ(kept.find(text), std::string::npos) << text;
  }
}

}  // namespace certbound::oauth
