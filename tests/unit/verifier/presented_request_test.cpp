// Whole requests: the scheme, the proof, and what the answer to a refusal says (RFC 9449 section 7).
#include "certbound/presented_request.hpp"

#include <array>
#include <vector>

#include "dpop_client.hpp"

namespace certbound {

namespace {

using std::chrono::seconds;
using verifier::test::at;
using verifier::test::DpopClient;
using verifier::test::Issuer;
using verifier::test::kNow;
using verifier::test::kThumbprint;
using verifier::test::kUrl;
using verifier::test::options_for;
using verifier::test::other_presented;
using verifier::test::presented;
using verifier::test::reason_of;

constexpr const char* kAlgs = R"(DPoP algs="ES256 PS256 EdDSA Ed25519")";
constexpr const char* kRealm = R"(Bearer realm="https://api.example.com")";

}  // namespace

class PresentedRequestTest : public testing::Test {
 protected:
  PresentedRequestTest() {
    make_verifier([](VerifierOptions&) {});
  }

  template <typename Change>
  void make_verifier(const Change& change) {
    auto options = options_for(issuer_);
    options.clock = [this] { return now_; };
    change(options);
    verifier_.emplace(std::move(options));
  }
  /// `GET kUrl` with that field and that proof, if it is not empty.
  [[nodiscard]] Decision ask(const std::string& authorization, const std::string& proof,
                             const PresentedCertificate& certificate = PresentedCertificate::none()) const {
    const std::array<std::string_view, 1> field{authorization};
    std::vector<std::string_view> proofs;
    if (!proof.empty()) proofs.emplace_back(proof);
    constexpr std::array<std::string_view, 1> kScopes{"orders.read"};
    return verifier_->verify_request({"GET", kUrl, field, proofs}, certificate, kScopes);
  }
  [[nodiscard]] std::string bound_to_both() const {
    return issuer_.token(client_.claims({{"cnf", {{"x5t#S256", kThumbprint}}}}));
  }

  const Issuer issuer_;
  const DpopClient client_;
  std::chrono::sys_seconds now_ = kNow;
  std::optional<TokenVerifier> verifier_;
};

// Conformance 9449-7-1.
TEST_F(PresentedRequestTest, AcceptsATokenWithTheProofOfItsKey) {
  const auto token = issuer_.token(client_.claims());
  const auto decision = ask("DPoP " + token, client_.proof(token));
  ASSERT_TRUE(decision) << decision.refusal().detail;
  EXPECT_EQ(decision.token().jkt, client_.jkt());
  EXPECT_FALSE(decision.token().x5t_s256);
  EXPECT_TRUE(ask("dpop " + token, client_.proof(token), presented()));
}

TEST_F(PresentedRequestTest, RefusesATokenWithoutTheProofOfItsKey) {
  const auto token = issuer_.token(client_.claims());
  const DpopClient thief;
  const auto refused = [&](const std::string& proof, std::string_view reason, const std::string& error) {
    const auto decision = ask("DPoP " + token, proof);
    EXPECT_EQ(reason_of(decision), reason);
    EXPECT_EQ(decision.refusal().status, 401);
    EXPECT_EQ(decision.refusal().www_authenticate, std::string{kAlgs} + ", error=\"" + error + "\", " + kRealm);
  };
  refused("", "proof_missing", "invalid_dpop_proof");
  refused("x", "proof_malformed", "invalid_dpop_proof");
  refused(client_.proof(token, {{"ath", nullptr}}), "proof_token_mismatch", "invalid_dpop_proof");
  refused(client_.proof(issuer_.token()), "proof_token_mismatch", "invalid_dpop_proof");
  refused(client_.proof(token, {{"htm", "POST"}}), "proof_request_mismatch", "invalid_dpop_proof");
  refused(client_.proof(token, {{"htu", "https://api.example.com/"}}), "proof_request_mismatch", "invalid_dpop_proof");
  refused(client_.proof(token, {{"iat", at(-61)}}), "proof_expired", "invalid_dpop_proof");
  refused(thief.proof(token), "proof_key_mismatch", "invalid_token");
}

// lessons.md section 3: a bound token accepted as a bearer token. Conformance 9449-7-3, 9449-7-4.
TEST_F(PresentedRequestTest, WantsTheSchemeThatGoesWithTheToken) {
  const auto bound = issuer_.token(client_.claims());
  for (const auto& proof : {std::string{}, client_.proof(bound)}) {
    const auto decision = ask("Bearer " + bound, proof, presented());
    EXPECT_EQ(reason_of(decision), "scheme_wrong");
    EXPECT_EQ(decision.refusal().www_authenticate, std::string{kRealm} + ", error=\"invalid_token\", " + kAlgs);
  }
  const auto other = issuer_.token();
  const auto decision = ask("DPoP " + other, client_.proof(other), presented());
  EXPECT_EQ(reason_of(decision), "scheme_wrong");
  EXPECT_EQ(decision.refusal().www_authenticate, std::string{kAlgs} + ", error=\"invalid_token\", " + kRealm);
}

// A token that is bound to no key needs no proof, and one that comes along says nothing of it.
TEST_F(PresentedRequestTest, LooksAtNoProofBesideABearerToken) {
  const auto token = issuer_.token();
  EXPECT_TRUE(ask("Bearer " + token, "", presented()));
  EXPECT_TRUE(ask("Bearer " + token, "garbage", presented()));
  EXPECT_EQ(reason_of(ask("Bearer " + token, client_.proof(token), other_presented())), "certificate_mismatch");
}

// Conformance DPoP+mTLS-2.
TEST_F(PresentedRequestTest, WantsBothProofsOfATokenThatNamesBoth) {
  const auto token = bound_to_both();
  EXPECT_TRUE(ask("DPoP " + token, client_.proof(token), presented()));
  EXPECT_EQ(reason_of(ask("DPoP " + token, client_.proof(token), other_presented())), "certificate_mismatch");
  EXPECT_EQ(reason_of(ask("DPoP " + token, client_.proof(token))), "certificate_missing");
  EXPECT_EQ(reason_of(ask("DPoP " + token, DpopClient{}.proof(token), presented())), "proof_key_mismatch");
  EXPECT_EQ(reason_of(ask("DPoP " + token, "", presented())), "proof_missing");
  EXPECT_EQ(reason_of(ask("Bearer " + token, client_.proof(token), presented())), "scheme_wrong");
}

// Conformance DPoP+mTLS-3.
TEST_F(PresentedRequestTest, RefusesAMemberThatItDoesNotUnderstand) {
  for (const nlohmann::json& cnf : {nlohmann::json{{"jkt", nullptr}, {"jwk", {{"kty", "EC"}}}},
                                    nlohmann::json{{"unheard-of", "x"}}, nlohmann::json{{"osc", "x"}}}) {
    const auto token = issuer_.token(client_.claims({{"cnf", cnf}}));
    for (const auto* scheme : {"DPoP ", "Bearer "}) {
      EXPECT_EQ(reason_of(ask(scheme + token, client_.proof(token), presented())), "confirmation_unknown") << cnf;
    }
  }
}

// lessons.md: a gateway that compared the binding on the first use and not on a cache hit.
TEST_F(PresentedRequestTest, JudgesTheProofOfAKnownTokenAnew) {
  const auto token = issuer_.token(client_.claims());
  const std::string proof = client_.proof(token);
  EXPECT_TRUE(ask("DPoP " + token, proof));
  EXPECT_EQ(reason_of(ask("DPoP " + token, proof)), "proof_replayed");
  EXPECT_EQ(reason_of(ask("DPoP " + token, "")), "proof_missing");
  EXPECT_EQ(reason_of(ask("DPoP " + token, DpopClient{}.proof(token))), "proof_key_mismatch");
  EXPECT_EQ(reason_of(ask("Bearer " + token, client_.proof(token))), "scheme_wrong");
  EXPECT_TRUE(ask("DPoP " + token, client_.proof(token)));
  now_ += seconds{60};
  EXPECT_EQ(reason_of(ask("DPoP " + token, client_.proof(token))), "proof_expired");
}

// RFC 9449 section 7.2, conformance 9449-7-2 and 9449-7-5.
TEST_F(PresentedRequestTest, OffersBothSchemes) {
  const auto decision = verifier_->verify_request(PresentedRequest{"GET", kUrl, {}, {}}, presented());
  EXPECT_EQ(reason_of(decision), "token_missing");
  EXPECT_EQ(decision.refusal().challenges, (std::vector<std::string>{kRealm, kAlgs}));
  EXPECT_EQ(ask("DPoP a b", "").refusal().www_authenticate, std::string{kAlgs} + R"(, error="invalid_request")");
  EXPECT_EQ(reason_of(ask("DPoP a.b.c", "")), "token_malformed");
  const std::string field = "DPoP " + issuer_.token(client_.claims());
  const std::array<std::string_view, 2> twice{field, field};
  const auto several = verifier_->verify_request(PresentedRequest{"GET", kUrl, twice, {}}, presented());
  EXPECT_EQ(reason_of(several), "request_malformed");
  EXPECT_EQ(several.refusal().status, 400);
}

TEST_F(PresentedRequestTest, TellsNoScopeToWhoeverProvedNoKey) {
  auto claims = client_.claims({{"scope", "orders.write"}});
  const auto token = issuer_.token(claims);
  EXPECT_EQ(reason_of(ask("DPoP " + token, DpopClient{}.proof(token))), "proof_key_mismatch");
  const auto decision = ask("DPoP " + token, client_.proof(token));
  EXPECT_EQ(reason_of(decision), "scope_missing");
  EXPECT_EQ(decision.refusal().www_authenticate,
            std::string{kAlgs} + R"(, error="insufficient_scope", scope="orders.read")");
}

TEST_F(PresentedRequestTest, CanLeaveDpopAlone) {
  make_verifier([](VerifierOptions& options) { options.dpop.is_accepted = false; });
  const auto token = issuer_.token(client_.claims());
  const auto decision = ask("DPoP " + token, client_.proof(token));
  EXPECT_EQ(reason_of(decision), "token_missing");
  EXPECT_EQ(decision.refusal().www_authenticate, kRealm);
  EXPECT_EQ(reason_of(ask("Bearer " + token, client_.proof(token))), "proof_missing");
  EXPECT_TRUE(ask("Bearer " + issuer_.token(), "", presented()));
}

// `required` means something that was proved in this request; an API that wants the certificate in any case says so.
TEST_F(PresentedRequestTest, CanDemandTheCertificate) {
  make_verifier([](VerifierOptions& options) { options.binding = Binding::certificate; });
  const auto token = issuer_.token(client_.claims());
  EXPECT_EQ(reason_of(ask("DPoP " + token, client_.proof(token), presented())), "confirmation_missing");
  const auto both = bound_to_both();
  EXPECT_TRUE(ask("DPoP " + both, client_.proof(both), presented()));
  EXPECT_TRUE(ask("Bearer " + issuer_.token(), "", presented()));
}

// RFC 9449 section 9.
TEST_F(PresentedRequestTest, SendsANonceWhereOneIsDemanded) {
  make_verifier([](VerifierOptions& options) { options.dpop.is_nonce_required = true; });
  const auto token = issuer_.token(client_.claims());
  const auto decision = ask("DPoP " + token, client_.proof(token));
  EXPECT_EQ(reason_of(decision), "proof_nonce_missing");
  EXPECT_EQ(decision.refusal().challenges.front(), std::string{kAlgs} + R"(, error="use_dpop_nonce")");
  ASSERT_NE(decision.refusal().dpop_nonce, "");
  EXPECT_TRUE(ask("DPoP " + token, client_.proof(token, {{"nonce", decision.refusal().dpop_nonce}})));
  EXPECT_EQ(ask("DPoP " + token, "").refusal().dpop_nonce, "");
}

// A memory of the caller's that throws has remembered nothing, so nothing may pass.
TEST_F(PresentedRequestTest, RefusesWhereTheCallersMemoryFails) {
  ProofUse said = ProofUse::unknown;
  make_verifier([&said](VerifierOptions& options) {
    options.dpop.remember = [&said](const auto&, std::chrono::sys_seconds) {
      if (said == ProofUse::replay) throw std::runtime_error{"no backend"};
      return said;
    };
  });
  const auto token = issuer_.token(client_.claims());
  const auto full = ask("DPoP " + token, client_.proof(token));
  EXPECT_EQ(reason_of(full), "proofs_unavailable");
  EXPECT_EQ(full.refusal().status, 503);
  EXPECT_TRUE(full.refusal().challenges.empty());
  said = ProofUse::replay;
  EXPECT_EQ(reason_of(ask("DPoP " + token, client_.proof(token))), "internal");
  said = ProofUse::first;
  EXPECT_TRUE(ask("DPoP " + token, client_.proof(token)));
}

// No proof, as no token, in a line of the log.
TEST_F(PresentedRequestTest, TellsTheLogNoProof) {
  const auto token = issuer_.token(client_.claims());
  for (const nlohmann::json& changes : {nlohmann::json{{"htm", "POST\n"}}, nlohmann::json{{"htu", "x\ny"}},
                                        nlohmann::json{{"ath", std::string(500, 'x')}}}) {
    const std::string proof = client_.proof(token, changes);
    const auto decision = ask("DPoP " + token, proof);
    ASSERT_FALSE(decision);
    EXPECT_EQ(decision.refusal().detail.find('\n'), std::string::npos);
    EXPECT_EQ(decision.refusal().detail.find(proof.substr(proof.rfind('.'))), std::string::npos);
  }
}

}  // namespace certbound
