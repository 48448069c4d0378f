#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/crl.hpp"
#include "support/ocsp.hpp"
#include "x509/revocation.hpp"
#include "x509/trust_store.hpp"
#include "x509/verification_memory.hpp"

namespace certbound::x509 {

namespace {

using std::chrono::hours;
using std::chrono::seconds;
using test::Identity;
using test::kNow;
using test::OcspShape;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

OcspOptions one_responder() {
  OcspOptions options;
  options.source = OcspSource::responder;
  options.responder = "http://ocsp.example/";
  return options;
}

}  // namespace

/// A root, an intermediate, a client below it; a store that asks by OCSP; the answers that are known.
class OcspRevocationTest : public testing::Test {
 protected:
  using Crls = std::vector<std::shared_ptr<const Crl>>;

  [[nodiscard]] std::shared_ptr<const TrustStore> store(RevocationMode mode, Crls crls = {}) const {
    const auto plain = TrustStore::make("partner", {root_.certificate}, {issuing_.certificate}, true);
    if (!plain) throw std::runtime_error{plain.error().detail};
    return (*plain)->with_revocation({mode, std::move(crls), one_responder()});
  }
  [[nodiscard]] static std::shared_ptr<const Crl> crl_by(const Identity& issuer, const test::CrlShape& shape = {}) {
    auto crl = Crl::parse_der(test::make_crl(issuer, shape), {&issuer.certificate, 1});
    if (!crl) throw std::runtime_error{crl.error().detail};
    return *crl;
  }
  void know(const OcspQuestion& question, const Identity& signer, const OcspShape& shape = {}) {
    auto answer = verify_ocsp_response(test::make_ocsp_response(question, signer, shape), question, {}, kNow);
    if (!answer) throw std::runtime_error{answer.error().detail};
    cache_.put(ocsp_key(question, one_responder()), OcspOutcome::of_answer(*std::move(answer), kNow));
  }
  void know_status(OcspStatus leaf_status) {
    cache_ = OcspCache{};
    OcspShape shape;
    shape.status = leaf_status;
    know(about_leaf_, issuing_, shape);
    know(about_issuing_, root_);
  }
  [[nodiscard]] Result<VerifiedPath> verify(const TrustStore& in, WallTime now = kNow) {
    TrustStore::Query query;
    query.now = now;
    query.ocsp = &desk_;
    return in.verify(leaf_.certificate, {}, query);
  }
  [[nodiscard]] std::string verdict(RevocationMode mode, Crls crls = {}) {
    const auto path = verify(*store(mode, std::move(crls)));
    return std::string{path ? "accepted" : name(path.error().reason)};
  }

  Identity root_ = test::make_root("Root");
  Identity issuing_ = test::make_intermediate("Issuing", root_);
  Identity leaf_ = test::make_client("client-1", issuing_);
  OcspQuestion about_leaf_{leaf_.certificate, issuing_.certificate};
  OcspQuestion about_issuing_{issuing_.certificate, root_.certificate};
  OcspCache cache_;
  OcspDesk desk_{cache_};
};

TEST_F(OcspRevocationTest, NotesWhatHasToBeAskedLeafFirst) {
  for (const RevocationMode mode : {RevocationMode::soft_fail, RevocationMode::require}) {
    const auto path = verify(*store(mode));
    ASSERT_FALSE(path);
    EXPECT_EQ(path.error().reason, Reason::revocation_unknown);
    EXPECT_THAT(path.error().detail, HasSubstr("no OCSP responder was asked"));
    ASSERT_EQ(desk_.questions.size(), 2U);
    EXPECT_EQ(x5t_s256(desk_.questions[0].certificate), x5t_s256(leaf_.certificate));
    EXPECT_EQ(x5t_s256(desk_.questions[0].issuer), x5t_s256(issuing_.certificate));
    EXPECT_EQ(x5t_s256(desk_.questions[1].certificate), x5t_s256(issuing_.certificate));
    EXPECT_EQ(x5t_s256(desk_.questions[1].issuer), x5t_s256(root_.certificate));
  }
}

TEST_F(OcspRevocationTest, AsksNothingWhereTheModeIsOff) {
  EXPECT_EQ(verdict(RevocationMode::off), "accepted");
  EXPECT_TRUE(desk_.questions.empty());
}

TEST_F(OcspRevocationTest, AsksOnlyWhatNoCrlTells) {
  EXPECT_EQ(verdict(RevocationMode::require, {crl_by(root_), crl_by(issuing_)}), "accepted");
  EXPECT_TRUE(desk_.questions.empty());
  EXPECT_EQ(verdict(RevocationMode::require, {crl_by(root_)}), "revocation_unknown");
  ASSERT_EQ(desk_.questions.size(), 1U);
  EXPECT_EQ(x5t_s256(desk_.questions[0].certificate), x5t_s256(leaf_.certificate));
  know(about_leaf_, issuing_);
  EXPECT_EQ(verdict(RevocationMode::require, {crl_by(root_)}), "accepted");
  EXPECT_TRUE(desk_.questions.empty());
}

TEST_F(OcspRevocationTest, ACrlThatListsNeedsNoQuestion) {
  test::CrlShape listing;
  listing.entries = {test::revoke(leaf_.certificate)};
  know_status(OcspStatus::good);
  EXPECT_EQ(verdict(RevocationMode::soft_fail, {crl_by(issuing_, listing)}), "certificate_revoked");
}

TEST_F(OcspRevocationTest, WhatIsRevokedLeavesNoQuestion) {
  test::CrlShape listing;
  listing.entries = {test::revoke(leaf_.certificate)};
  EXPECT_EQ(verdict(RevocationMode::require, {crl_by(issuing_, listing)}), "certificate_revoked");
  EXPECT_TRUE(desk_.questions.empty());  // about the intermediate
}

TEST_F(OcspRevocationTest, RevokedByOcspCountsBesideACrlThatSpares) {
  know_status(OcspStatus::revoked);
  EXPECT_EQ(verdict(RevocationMode::require, {crl_by(root_), crl_by(issuing_)}), "certificate_revoked");
}

TEST_F(OcspRevocationTest, EachStatusInEachMode) {
  know_status(OcspStatus::good);
  EXPECT_EQ(verdict(RevocationMode::require), "accepted");
  EXPECT_EQ(verdict(RevocationMode::soft_fail), "accepted");
  know_status(OcspStatus::revoked);
  EXPECT_EQ(verdict(RevocationMode::require), "certificate_revoked");
  EXPECT_EQ(verdict(RevocationMode::soft_fail), "certificate_revoked");
  know_status(OcspStatus::unknown);
  EXPECT_EQ(verdict(RevocationMode::require), "revocation_unknown");
  EXPECT_EQ(verdict(RevocationMode::soft_fail), "accepted");
  EXPECT_TRUE(desk_.questions.empty());
}

TEST_F(OcspRevocationTest, AFailureCountsAsUnknownAndSaysWhy) {
  know_status(OcspStatus::good);
  cache_.put(ocsp_key(about_leaf_, one_responder()), OcspOutcome::of_failure("connect_failed", kNow, seconds{10}));
  const auto refused = verify(*store(RevocationMode::require));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, Reason::revocation_unknown);
  EXPECT_THAT(refused.error().detail, HasSubstr("OCSP did not tell: connect_failed"));
  const auto accepted = verify(*store(RevocationMode::soft_fail));
  ASSERT_TRUE(accepted);
  EXPECT_TRUE(accepted->has_unknown_revocation());
  EXPECT_EQ(accepted->not_after, kNow + seconds{10});
}

TEST_F(OcspRevocationTest, ThePathEndsWithTheAnswers) {
  OcspShape shape;
  shape.next_update = kNow + hours{1} - seconds{1};
  know(about_leaf_, issuing_, shape);
  know(about_issuing_, root_);
  const auto path = verify(*store(RevocationMode::require));
  ASSERT_TRUE(path) << path.error().detail;
  EXPECT_EQ(path->not_after, kNow + hours{1} - seconds{1});
  EXPECT_FALSE(path->has_unknown_revocation());
}

// RFC 6960 section 4.2.2.2.1.
TEST_F(OcspRevocationTest, TheSignersOwnRevocationIsLookedUpInTheCrls) {
  for (const bool is_exempt : {false, true}) {
    const Identity signer = is_exempt ? test::make_ocsp_signer("OCSP", root_, {{"noCheck", "ignored"}})
                                      : test::make_ocsp_signer("OCSP", root_);
    know(about_leaf_, issuing_);
    know(about_issuing_, signer);
    test::CrlShape past;  // tells nothing of the intermediate, but lists the signer
    past.entries = {test::revoke(signer.certificate)};
    past.this_update = kNow - hours{48};
    past.next_update = kNow - hours{24};
    const auto path = verify(*store(RevocationMode::require, {crl_by(root_, past)}));
    EXPECT_EQ(path.has_value(), is_exempt);
    if (!path) {
      EXPECT_THAT(path.error().detail, HasSubstr("a CRL lists the signer of the OCSP answer"));
    }
  }
}

TEST_F(OcspRevocationTest, AnAnswerOfARevokedSignerIsAskedForAgainSoon) {
  const Identity signer = test::make_ocsp_signer("OCSP", root_);
  know(about_leaf_, issuing_);
  know(about_issuing_, signer);
  test::CrlShape past;
  past.entries = {test::revoke(signer.certificate)};
  past.this_update = kNow - hours{48};
  past.next_update = kNow - hours{24};
  const auto asking = store(RevocationMode::soft_fail, {crl_by(root_, past)});
  const auto path = verify(*asking, kNow + kOcspPause - seconds{1});
  ASSERT_TRUE(path) << path.error().detail;
  EXPECT_EQ(path->not_after, kNow + kOcspPause);
  EXPECT_TRUE(desk_.questions.empty());
  EXPECT_FALSE(verify(*asking, kNow + kOcspPause));
  ASSERT_EQ(desk_.questions.size(), 1U);
  EXPECT_EQ(x5t_s256(desk_.questions[0].certificate), x5t_s256(issuing_.certificate));
  EXPECT_EQ(desk_.questions[0].newer_than, kNow);
}

TEST_F(OcspRevocationTest, ThePathEndsWithTheCrlAlsoBesideAnAnswerThatTellsNothing) {
  const Identity signer = test::make_ocsp_signer("OCSP", issuing_);
  OcspShape shape;
  shape.status = OcspStatus::revoked;
  know(about_leaf_, signer, shape);
  test::CrlShape sparing;
  sparing.entries = {test::revoke(signer.certificate)};
  sparing.next_update = kNow + seconds{10};
  const auto path = verify(*store(RevocationMode::require, {crl_by(root_), crl_by(issuing_, sparing)}));
  ASSERT_TRUE(path) << path.error().detail;
  EXPECT_EQ(path->not_after, kNow + seconds{10});
}

TEST_F(OcspRevocationTest, SaysWhatAnAnswerSays) {
  know_status(OcspStatus::revoked);
  const auto revoked = verify(*store(RevocationMode::require));
  ASSERT_FALSE(revoked);
  EXPECT_THAT(revoked.error().detail,
              AllOf(HasSubstr("certificate 0 (CN=client-1)"), HasSubstr("was revoked at 2026-01-13T12:00:00Z"),
                    HasSubstr("OCSP answer of 2026-01-15T11:00:00Z")));
  know_status(OcspStatus::unknown);
  const auto unknown = verify(*store(RevocationMode::require));
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().detail, HasSubstr("the responder does not know the certificate"));
  know_status(OcspStatus::good);
  const auto path = verify(*store(RevocationMode::require));
  ASSERT_TRUE(path);
  EXPECT_THAT(describe_finding(path->revocation[0], leaf_.certificate, kNow),
              AllOf(HasSubstr("not revoked by the OCSP answer"), Not(HasSubstr("CRL"))));
}

TEST_F(OcspRevocationTest, MemoryEndsWithTheAnswerAndKeepsNoOpenQuestion) {
  VerificationMemory memory;
  const PresentedChain presented{leaf_.certificate, {}};
  const auto asking = store(RevocationMode::soft_fail);
  EXPECT_FALSE(memory.verify(*asking, presented, kNow, ChainLimits{}, &desk_));
  EXPECT_EQ(memory.size(), 0U);
  know_status(OcspStatus::unknown);
  EXPECT_TRUE(memory.verify(*asking, presented, kNow, ChainLimits{}, &desk_));
  EXPECT_TRUE(memory.verify(*asking, presented, kNow + kOcspPause - seconds{1}, ChainLimits{}, &desk_));
  EXPECT_EQ(memory.hits(), 1U);
  EXPECT_FALSE(memory.verify(*asking, presented, kNow + kOcspPause, ChainLimits{}, &desk_));
  EXPECT_EQ(desk_.questions.size(), 1U);
}

TEST_F(OcspRevocationTest, WhoeverCannotAskKnowsNothing) {
  TrustStore::Query query;
  query.now = kNow;
  const auto refused = store(RevocationMode::require)->verify(leaf_.certificate, {}, query);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, Reason::revocation_unknown);
  VerificationMemory memory;
  const auto asking = store(RevocationMode::soft_fail);
  const PresentedChain presented{leaf_.certificate, {}};
  EXPECT_TRUE(memory.verify(*asking, presented, kNow));
  EXPECT_TRUE(memory.verify(*asking, presented, kNow));
  EXPECT_EQ(memory.hits(), 0U);
}

}  // namespace certbound::x509
