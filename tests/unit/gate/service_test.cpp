#include "gate/service.hpp"

#include <algorithm>
#include <cstddef>

#include "support/pki.hpp"
#include "unit/gate/gate_case.hpp"

namespace certbound::gate {

namespace {

using test::escape;
using test::header;
using test::make_request;
using verifier::test::Issuer;
using verifier::test::kThumbprint;
using verifier::test::load_pem;

using GateTest = test::GateTest;

}  // namespace

TEST_F(GateTest, SaysWhoseTokenItIs) {
  const http::Response response = ask(issuer_.token());
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(header(response, "X-Certbound-Client-Id"), "etl");
  EXPECT_EQ(header(response, "X-Certbound-Subject"), "etl");
  EXPECT_EQ(header(response, "X-Certbound-Scope"), "orders.read orders.write");
  EXPECT_EQ(header(response, "X-Certbound-Token-Id"), "Zm9vYmFyYmF6cXV4");
  EXPECT_EQ(header(response, "X-Certbound-Expires-At"), "1768478640");
  EXPECT_EQ(header(response, "X-Certbound-Certificate"), kThumbprint);
  EXPECT_EQ(header(response, "X-Certbound-Jkt"), "");
  EXPECT_EQ(header(response, "Cache-Control"), "no-store");
  EXPECT_EQ(metrics_.accepted.value(), 1);
}

// RFC 8705 section 3: the binding is what the whole is for.
TEST_F(GateTest, RefusesATokenOnAnotherConnection) {
  for (const char* certificate : {"rfc9440-leaf", ""}) {
    const http::Response response = ask(issuer_.token(), certificate);
    EXPECT_EQ(response.status, 401) << certificate;
    EXPECT_NE(header(response, "WWW-Authenticate").find("invalid_token"), std::string::npos);
    EXPECT_EQ(header(response, "X-Certbound-Client-Id"), "(absent)");
  }
  EXPECT_EQ(refused(RefusalReason::certificate_mismatch), 1);
  EXPECT_EQ(refused(RefusalReason::certificate_missing), 1);
  // Also where it was accepted before: what is remembered is the signature alone.
  EXPECT_EQ(ask(issuer_.token()).status, 200);
  EXPECT_EQ(ask(issuer_.token(), "rfc9440-leaf").status, 401);
}

TEST_F(GateTest, RefusesWhatIsExpiredForgedOrForAnother) {
  auto claims = verifier::test::good_claims();
  claims["exp"] = verifier::test::kNow.time_since_epoch().count() - 60;
  EXPECT_EQ(ask(issuer_.token(claims)).status, 401);
  EXPECT_EQ(refused(RefusalReason::expired), 1);
  claims = verifier::test::good_claims();
  claims["aud"] = "https://other.example.com";
  EXPECT_EQ(ask(issuer_.token(claims)).status, 401);
  EXPECT_EQ(refused(RefusalReason::audience_wrong), 1);
  EXPECT_EQ(ask(Issuer{}.token()).status, 401);
  EXPECT_EQ(refused(RefusalReason::signature_wrong), 1);
  EXPECT_EQ(ask("").status, 401);
  EXPECT_EQ(refused(RefusalReason::token_missing), 1);
}

TEST_F(GateTest, NeedsTheScopesOfTheConfigurationAndOfTheQuery) {
  EXPECT_EQ(ask(issuer_.token(), "appendix-a", "scope=orders.read+orders.write").status, 200);
  const http::Response response = ask(issuer_.token(), "appendix-a", "scope=orders.delete");
  EXPECT_EQ(response.status, 403);
  EXPECT_NE(header(response, "WWW-Authenticate").find("insufficient_scope"), std::string::npos);
  EXPECT_EQ(ask(issuer_.token(), "appendix-a", "scope=a&scope=b").status, 400);
  options_.scope = "orders.admin";
  publish();
  EXPECT_EQ(ask(issuer_.token()).status, 403);
  EXPECT_EQ(refused(RefusalReason::scope_missing), 2);
}

// Envoy appends the path and the query of the request that it asks about.
TEST_F(GateTest, LooksAtNoPathAndNoQueryBelowItsOwn) {
  std::vector<http::Header> headers{{"authorization", "Bearer " + issuer_.token()},
                                    {"x-ssl-client-cert", escape(load_pem("appendix-a"))}};
  EXPECT_EQ(ask(make_request(headers, "/verify/orders/1", "scope=a&scope=b&%%")).status, 200);
  EXPECT_EQ(ask(make_request(headers, "/verify/")).status, 200);
  EXPECT_EQ(ask(make_request(headers, "/verifyx")).status, 404);
  EXPECT_EQ(ask(make_request(headers, "/")).status, 404);
}

TEST_F(GateTest, RefusesSeveralTokens) {
  const http::Header token{"authorization", "Bearer " + issuer_.token()};
  const http::Response response =
      ask(make_request({token, token, {"x-ssl-client-cert", escape(load_pem("appendix-a"))}}));
  // RFC 6750 section 3.1 has 400, which nginx's auth_request would make a 500 of.
  EXPECT_EQ(response.status, 401);
  EXPECT_TRUE(header(response, "WWW-Authenticate").ends_with(", error=\"invalid_request\""));
  EXPECT_EQ(refused(RefusalReason::request_malformed), 1);
}

// A port can be reached by anybody: only a proxy's own certificate may ask, whatever CA has issued others.
TEST_F(GateTest, AnswersItsProxiesAlone) {
  options_.address = "127.0.0.1:9443";
  const certbound::test::Identity proxy = certbound::test::make_root("Proxy");
  const certbound::test::Identity other = certbound::test::make_root("Proxy");
  publish({x509::thumbprint(proxy.certificate)});
  const auto ask_as = [&](const certbound::test::Identity* identity) {
    http::Request request = make_request(
        {{"authorization", "Bearer " + issuer_.token()}, {"x-ssl-client-cert", escape(load_pem("appendix-a"))}});
    auto connection = std::make_shared<http::Connection>();
    if (identity != nullptr) {
      connection->peer =
          std::make_shared<const x509::PresentedChain>(identity->certificate, std::vector<x509::Certificate>{});
    }
    request.connection = std::move(connection);
    return ask(request);
  };
  EXPECT_EQ(ask_as(&proxy).status, 200);
  for (const certbound::test::Identity* stranger : {&other, static_cast<const certbound::test::Identity*>(nullptr)}) {
    const http::Response response = ask_as(stranger);
    EXPECT_EQ(response.status, 403);
    EXPECT_EQ(header(response, "X-Certbound-Client-Id"), "(absent)");
  }
  EXPECT_EQ(metrics_.strangers.value(), 2);
}

TEST_F(GateTest, RefusesWhatIsOutOfService) {
  EXPECT_EQ(ask(issuer_.token()).status, 200);
  service_.publish_denied([](const AccessToken& token) { return token.token_id == "Zm9vYmFyYmF6cXV4"; });
  const http::Response response = ask(issuer_.token());
  EXPECT_EQ(response.status, 401);
  EXPECT_NE(header(response, "WWW-Authenticate").find("invalid_token"), std::string::npos);
  EXPECT_EQ(refused(RefusalReason::denied), 1);
  auto claims = verifier::test::good_claims();
  claims["jti"] = "b3RoZXI";
  EXPECT_EQ(ask(issuer_.token(claims)).status, 200);
}

TEST_F(GateTest, JudgesAnOpaqueTokenAsAnyOther) {
  const http::Response response = ask(kOpaque);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers, ask(issuer_.token()).headers);
  for (const char* certificate : {"rfc9440-leaf", ""}) {
    const http::Response refused_response = ask(kOpaque, certificate);
    EXPECT_EQ(refused_response.status, 401) << certificate;
    EXPECT_EQ(header(refused_response, "WWW-Authenticate"),
              header(ask(issuer_.token(), certificate), "WWW-Authenticate"));
    EXPECT_EQ(header(refused_response, "X-Certbound-Client-Id"), "(absent)");
  }
  EXPECT_EQ(refused(RefusalReason::certificate_mismatch), 2);
  EXPECT_EQ(refused(RefusalReason::certificate_missing), 2);
  EXPECT_EQ(ask(kOpaque, "appendix-a", "scope=orders.delete").status, 403);
  EXPECT_EQ(ask("a..b.c.e").status, 401);
  EXPECT_EQ(refused(RefusalReason::signature_wrong), 1);
  EXPECT_EQ(ask(make_request({{"authorization", "Bearer a..b.c.d"}, {"authorization", "Bearer a..b.c.d"}})).status,
            401);
}

TEST_F(GateTest, RefusesAnOpaqueTokenThatIsExpiredOrForAnother) {
  const auto refused_with = [this](const nlohmann::json& changes, RefusalReason reason) {
    opaque_claims_ = verifier::test::good_claims();
    opaque_claims_.merge_patch(changes);
    EXPECT_EQ(ask(kOpaque).status, 401) << changes;
    EXPECT_EQ(refused(reason), 1) << changes;
  };
  refused_with({{"exp", verifier::test::at(0)}}, RefusalReason::expired);
  refused_with({{"iat", verifier::test::at(1)}}, RefusalReason::not_yet_valid);
  refused_with({{"aud", "https://other.example.com"}}, RefusalReason::audience_wrong);
  refused_with({{"iss", "https://other.example.com"}}, RefusalReason::issuer_wrong);
  refused_with({{"cnf", nullptr}}, RefusalReason::confirmation_missing);
  refused_with({{"cnf", {{"jwk", "a"}}}}, RefusalReason::confirmation_unknown);
  refused_with({{"jti", nullptr}}, RefusalReason::claims_malformed);
  options_.binding = Binding::when_bound;
  publish();
  opaque_claims_ = verifier::test::good_claims();
  opaque_claims_.erase("cnf");
  EXPECT_EQ(ask(kOpaque, "").status, 200);
}

// Nothing of it is remembered: what was accepted a moment ago is looked at anew.
TEST_F(GateTest, RefusesAnOpaqueTokenFromItsDenialOn) {
  EXPECT_EQ(ask(kOpaque).status, 200);
  EXPECT_EQ(ask(kOpaque).status, 200);
  EXPECT_EQ(opened_, 2);
  service_.publish_denied([](const AccessToken& token) { return token.client_id == "etl"; });
  EXPECT_EQ(ask(kOpaque).status, 401);
  EXPECT_EQ(refused(RefusalReason::denied), 1);
  service_.publish_denied([](const AccessToken&) { return false; });
  service_.publish_opener([](std::string_view) { return verifier::Fault{RefusalReason::key_unknown, "rotated"}; });
  EXPECT_EQ(ask(kOpaque).status, 401);
  EXPECT_EQ(refused(RefusalReason::key_unknown), 1);
}

TEST_F(GateTest, FollowsTheKeys) {
  const Issuer next;
  EXPECT_EQ(ask(next.token()).status, 401);
  service_.replace_keys(next.jwks());
  EXPECT_EQ(ask(next.token()).status, 200);
  EXPECT_EQ(ask(issuer_.token()).status, 401);
}

// A flood of refusals floods no log: each is counted, the first of a second are described.
TEST_F(GateTest, DescribesTheFirstRefusalsOfASecond) {
  testing::internal::CaptureStderr();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(ask(issuer_.token(), "rfc9440-leaf").status, 401);
  const std::string lines = testing::internal::GetCapturedStderr();
  EXPECT_EQ(refused(RefusalReason::certificate_mismatch), 100);
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), std::ptrdiff_t{LineBudget::kLines});
  EXPECT_NE(lines.find("\"reason\":\"certificate_mismatch\""), std::string::npos) << lines;
  EXPECT_NE(lines.find("\"not_logged\":0"), std::string::npos) << lines;
}

// Whoever issues a claim with a line feed in it must not write headers.
TEST_F(GateTest, PutsNothingIntoHeadersThatTheyCannotCarry) {
  auto claims = verifier::test::good_claims();
  claims["sub"] = "a\r\nX-Certbound-Client-Id: root";
  const http::Response response = ask(issuer_.token(claims));
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(header(response, "X-Certbound-Subject"), "(absent)");
}

}  // namespace certbound::gate
