#include "oauth/proof/binding.hpp"

#include <gtest/gtest.h>

#include "support/pki.hpp"

namespace certbound::oauth {

namespace {

using model::BindingRule;

class BindTest : public testing::Test {
 protected:
  [[nodiscard]] Result<Confirmation> bound(BindingRule certificate, BindingRule dpop) const {
    model::Client client{*model::ClientId::parse("etl")};
    client.certificate_binding = certificate;
    client.dpop_binding = dpop;
    return bind(client, proven_);
  }
  [[nodiscard]] Confirmation bound_or_empty(BindingRule certificate, BindingRule dpop) const {
    const auto confirmation = bound(certificate, dpop);
    EXPECT_TRUE(confirmation) << confirmation.error().detail;
    return confirmation ? *confirmation : Confirmation();
  }
  void expect_refused(BindingRule certificate, BindingRule dpop, Reason reason) const {
    const auto confirmation = bound(certificate, dpop);
    ASSERT_FALSE(confirmation);
    EXPECT_EQ(confirmation.error().code, ErrorCode::invalid_request);
    EXPECT_EQ(confirmation.error().reason, reason);
  }

  test::Identity root_ = test::make_root("Root");
  x509::PresentedChain chain_{test::make_client("etl", root_).certificate, {}};
  crypto::Sha256 key_ = crypto::sha256("a key");
  ProvenKeys proven_;
};

}  // namespace

// RFC 8705 section 3: bound to the leaf of the connection.
TEST_F(BindTest, BindsToTheCertificate) {
  proven_.certificate = &chain_;
  for (const BindingRule rule : {BindingRule::required, BindingRule::when_presented}) {
    const Confirmation confirmation = bound_or_empty(rule, BindingRule::when_presented);
    EXPECT_EQ(confirmation.x5t_s256, chain_.x5t_s256);
    EXPECT_EQ(confirmation.jkt, "");
  }
}

// RFC 8705 section 3.4: who is registered for bound tokens gets no unbound one.
TEST_F(BindTest, RefusesWhereARequiredCertificateIsMissing) {
  expect_refused(BindingRule::required, BindingRule::when_presented, Reason::certificate_missing);
  proven_.dpop = key_;
  expect_refused(BindingRule::required, BindingRule::required, Reason::certificate_missing);
}

TEST_F(BindTest, BindsToNothingWhereNothingIsProvenAndNothingRequired) {
  for (const BindingRule rule : {BindingRule::never, BindingRule::when_presented}) {
    const Confirmation confirmation = bound_or_empty(rule, BindingRule::when_presented);
    EXPECT_EQ(confirmation.x5t_s256, "");
    EXPECT_EQ(confirmation.jkt, "");
  }
}

TEST_F(BindTest, LeavesACertificateOutThatTheRuleDoesNotWant) {
  proven_.certificate = &chain_;
  EXPECT_EQ(bound_or_empty(BindingRule::never, BindingRule::when_presented).x5t_s256, "");
}

// RFC 9449 section 5: the token is bound to the key of the proof.
TEST_F(BindTest, BindsToTheKeyOfTheProof) {
  proven_.dpop = key_;
  for (const BindingRule rule : {BindingRule::required, BindingRule::when_presented}) {
    EXPECT_EQ(bound_or_empty(BindingRule::never, rule).jkt, key_.to_base64url());
  }
}

// RFC 9449 section 5.2.
TEST_F(BindTest, RefusesWhereARequiredProofIsMissing) {
  proven_.certificate = &chain_;
  expect_refused(BindingRule::required, BindingRule::required, Reason::dpop_proof_missing);
}

TEST_F(BindTest, RefusesAProofThatTheRuleDoesNotWant) {
  proven_.certificate = &chain_;
  proven_.dpop = key_;
  expect_refused(BindingRule::required, BindingRule::never, Reason::dpop_not_wanted);
}

// Both on one request: both members.
TEST_F(BindTest, BindsToBoth) {
  proven_.certificate = &chain_;
  proven_.dpop = key_;
  const Confirmation confirmation = bound_or_empty(BindingRule::required, BindingRule::when_presented);
  EXPECT_EQ(confirmation.x5t_s256, chain_.x5t_s256);
  EXPECT_EQ(confirmation.jkt, key_.to_base64url());
}

}  // namespace certbound::oauth
