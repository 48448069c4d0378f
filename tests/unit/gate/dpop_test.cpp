// DPoP proofs behind a proxy (RFC 9449 section 7): what the proxy tells of the client's request is what they are for.
#include "unit/gate/gate_case.hpp"
#include "unit/verifier/dpop_client.hpp"

namespace certbound::gate {

namespace {

using test::header;
using test::make_request;
using verifier::test::at;
using verifier::test::DpopClient;
using verifier::test::kThumbprint;
using verifier::test::load_pem;

constexpr const char* kAlgs = R"(DPoP algs="ES256 PS256 EdDSA Ed25519")";
constexpr const char* kRealm = R"(Bearer realm="https://api.example.com")";

}  // namespace

class GateDpopTest : public test::GateTest {
 protected:
  GateDpopTest() {
    options_.url = "https://api.example.com";
    publish();
    token_ = issuer_.token(client_.claims());
  }
  /// As a proxy asks about `GET /orders?page=1` with that token and those proofs.
  [[nodiscard]] http::Response ask_with(const std::string& token, const std::vector<std::string>& proofs,
                                        const std::string& certificate = "", const std::string& scheme = "DPoP ") {
    std::vector<http::Header> headers{
        {"authorization", scheme + token}, {"x-original-method", "GET"}, {"x-original-uri", "/orders?page=1"}};
    for (const std::string& proof : proofs) headers.emplace_back("dpop", proof);
    if (!certificate.empty()) headers.emplace_back("x-ssl-client-cert", test::escape(load_pem(certificate)));
    return ask(make_request(std::move(headers)));
  }
  /// Of the token of this test, with that one proof.
  [[nodiscard]] int status_with(const std::string& proof) { return ask_with(token_, {proof}).status; }

  const DpopClient client_;
  std::string token_;
};

TEST_F(GateDpopTest, SaysWhoseTokenItIs) {
  const http::Response response = ask_with(token_, {client_.proof(token_)});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(header(response, "X-Certbound-Client-Id"), "etl");
  EXPECT_EQ(header(response, "X-Certbound-Jkt"), client_.jkt());
  EXPECT_EQ(header(response, "X-Certbound-Certificate"), "");
}

// Conformance 9449-7-1, 9449-7-2, 9449-7-5.
TEST_F(GateDpopTest, RefusesWhatIsNotTheProofOfTheTokensKey) {
  const auto refused_with = [this](const std::vector<std::string>& proofs, RefusalReason reason,
                                   const std::string& error) {
    const double before = refused(reason);
    const http::Response response = ask_with(token_, proofs);
    EXPECT_EQ(response.status, 401);
    EXPECT_EQ(header(response, "WWW-Authenticate"), std::string{kAlgs} + ", error=\"" + error + "\", " + kRealm);
    EXPECT_EQ(refused(reason), before + 1) << name(reason);
  };
  const std::string invalid_proof = "invalid_dpop_proof";
  refused_with({}, RefusalReason::proof_missing, invalid_proof);
  refused_with({client_.proof(token_), client_.proof(token_)}, RefusalReason::proof_repeated, invalid_proof);
  refused_with({"a.b.c"}, RefusalReason::proof_malformed, invalid_proof);
  refused_with({client_.proof("another")}, RefusalReason::proof_token_mismatch, invalid_proof);
  refused_with({client_.proof(token_, {{"htm", "POST"}})}, RefusalReason::proof_request_mismatch, invalid_proof);
  refused_with({client_.proof(token_, {{"htu", "https://api.example.com/"}})}, RefusalReason::proof_request_mismatch,
               invalid_proof);
  refused_with({client_.proof(token_, {{"iat", at(-1)}})}, RefusalReason::proof_before_start, invalid_proof);
  refused_with({DpopClient{}.proof(token_)}, RefusalReason::proof_key_mismatch, "invalid_token");
  const http::Response none = ask(make_request({}));
  EXPECT_EQ(header(none, "WWW-Authenticate"), std::string{kRealm} + ", " + kAlgs);
}

// Conformance 9449-7-3, 9449-7-4.
TEST_F(GateDpopTest, WantsTheSchemeThatGoesWithTheToken) {
  EXPECT_EQ(ask_with(token_, {client_.proof(token_)}, "", "Bearer ").status, 401);
  const auto other = issuer_.token();
  EXPECT_EQ(ask_with(other, {client_.proof(other)}, "appendix-a").status, 401);
  EXPECT_EQ(refused(RefusalReason::scheme_wrong), 2);
  EXPECT_EQ(ask_with(other, {client_.proof(other)}, "appendix-a", "Bearer ").status, 200);
}

// Conformance DPoP+mTLS-2.
TEST_F(GateDpopTest, WantsBothProofsOfATokenThatNamesBoth) {
  const auto token = issuer_.token(client_.claims({{"cnf", {{"x5t#S256", kThumbprint}}}}));
  const http::Response response = ask_with(token, {client_.proof(token)}, "appendix-a");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(header(response, "X-Certbound-Jkt"), client_.jkt());
  EXPECT_EQ(header(response, "X-Certbound-Certificate"), kThumbprint);
  EXPECT_EQ(ask_with(token, {client_.proof(token)}, "rfc9440-leaf").status, 401);
  EXPECT_EQ(ask_with(token, {client_.proof(token)}).status, 401);
  EXPECT_EQ(ask_with(token, {DpopClient{}.proof(token)}, "appendix-a").status, 401);
}

// The client's method and URI are the proxy's to tell; what it leaves out fits no proof.
TEST_F(GateDpopTest, NeedsToBeToldOfTheRequest) {
  testing::internal::CaptureStderr();
  const http::Response response = ask(make_request(
      {{"authorization", "DPoP " + token_}, {"dpop", client_.proof(token_)}, {"x-original-method", "GET"}}));
  const std::string lines = testing::internal::GetCapturedStderr();
  EXPECT_EQ(response.status, 401);
  EXPECT_EQ(refused(RefusalReason::proof_request_mismatch), 1);
  EXPECT_NE(lines.find("x-original-uri: missing"), std::string::npos) << lines;
  // A token that needs no proof needs none of it either.
  EXPECT_EQ(ask(issuer_.token()).status, 200);
  options_.uri_header = "x-forwarded-uri";
  options_.method_header = "x-forwarded-method";
  publish();
  EXPECT_EQ(ask(make_request({{"authorization", "DPoP " + token_},
                              {"dpop", client_.proof(token_)},
                              {"x-forwarded-method", "GET"},
                              {"x-forwarded-uri", "/orders"},
                              {"host", "other.example.com"}}))
                .status,
            200);
}

// One use, whichever worker is asked, and over a reload.
TEST_F(GateDpopTest, TakesAProofOnceInThisProcess) {
  const std::string proof = client_.proof(token_);
  EXPECT_EQ(status_with(proof), 200);
  EXPECT_EQ(status_with(proof), 401);
  publish();  // another generation, another worker's: the memory is the same
  EXPECT_EQ(status_with(proof), 401);
  EXPECT_EQ(refused(RefusalReason::proof_replayed), 2);
  EXPECT_EQ(status_with(client_.proof(token_)), 200);
}

// Opaque tokens are judged by the same function.
TEST_F(GateDpopTest, JudgesAnOpaqueTokenAsAnyOther) {
  opaque_claims_ = client_.claims();
  const std::string proof = client_.proof(kOpaque);
  EXPECT_EQ(ask_with(kOpaque, {proof}).headers, ask_with(token_, {client_.proof(token_)}).headers);
  EXPECT_EQ(ask_with(kOpaque, {proof}).status, 401);
  EXPECT_EQ(refused(RefusalReason::proof_replayed), 1);
  EXPECT_EQ(ask_with(kOpaque, {client_.proof("another")}).status, 401);
  EXPECT_EQ(refused(RefusalReason::proof_token_mismatch), 1);
  const http::Response bearer = ask_with(kOpaque, {client_.proof(kOpaque)}, "", "Bearer ");
  EXPECT_EQ(bearer.status, 401);
  EXPECT_EQ(header(bearer, "WWW-Authenticate"), std::string{kRealm} + ", error=\"invalid_token\", " + kAlgs);
  const http::Response missing = ask_with(kOpaque, {});
  EXPECT_EQ(header(missing, "WWW-Authenticate"), std::string{kAlgs} + ", error=\"invalid_dpop_proof\", " + kRealm);
  opaque_claims_ = verifier::test::good_claims();
  EXPECT_EQ(ask_with(kOpaque, {client_.proof(kOpaque)}, "appendix-a").status, 401);
  EXPECT_EQ(refused(RefusalReason::scheme_wrong), 2);
}

TEST_F(GateDpopTest, RefusesWhatIsOutOfService) {
  service_.publish_denied([](const AccessToken& token) { return token.client_id == "etl"; });
  const http::Response response = ask_with(token_, {client_.proof(token_)});
  EXPECT_EQ(response.status, 401);
  EXPECT_EQ(header(response, "WWW-Authenticate"), std::string{kAlgs} + ", error=\"invalid_token\", " + kRealm);
  opaque_claims_ = client_.claims();
  EXPECT_EQ(ask_with(kOpaque, {client_.proof(kOpaque)}).status, 401);
  EXPECT_EQ(refused(RefusalReason::denied), 2);
}

// Without the URL of the API no proof can be judged, so none is.
TEST_F(GateDpopTest, LooksAtNoProofWithoutTheUrl) {
  options_.url.clear();
  publish();
  for (const std::string& token : {token_, std::string{kOpaque}}) {
    opaque_claims_ = client_.claims();
    const http::Response response = ask_with(token, {client_.proof(token)});
    EXPECT_EQ(response.status, 401);
    EXPECT_EQ(header(response, "WWW-Authenticate"), kRealm);
    EXPECT_EQ(ask_with(token, {client_.proof(token)}, "", "Bearer ").status, 401);
  }
  EXPECT_EQ(refused(RefusalReason::token_missing), 2);
  EXPECT_EQ(refused(RefusalReason::proof_missing), 2);
}

TEST_F(GateDpopTest, CanDemandTheCertificate) {
  options_.binding = Binding::certificate;
  publish();
  EXPECT_EQ(status_with(client_.proof(token_)), 401);
  EXPECT_EQ(refused(RefusalReason::confirmation_missing), 1);
}

}  // namespace certbound::gate
