#include "x509/revocation.hpp"

#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/crl.hpp"
#include "support/pki.hpp"
#include "x509/trust_store.hpp"
#include "x509/verification_memory.hpp"

namespace certbound::x509 {

namespace {

using certbound::test::CrlShape;
using certbound::test::Identity;
using certbound::test::kNow;
using certbound::test::make_client;
using certbound::test::make_intermediate;
using certbound::test::make_root;
using certbound::test::revoke;
using std::chrono::hours;
using testing::AllOf;
using testing::HasSubstr;

constexpr std::chrono::seconds kOneSecond{1};

std::shared_ptr<const Crl> crl_of(const Identity& issuer, const CrlShape& shape = {}) {
  auto crl = Crl::parse_der(test::make_crl(issuer, shape), {&issuer.certificate, 1});
  if (!crl) throw std::runtime_error{crl.error().detail};
  return *crl;
}

CrlShape listing(const Identity& identity) {
  CrlShape shape;
  shape.entries = {revoke(identity.certificate)};
  return shape;
}

}  // namespace

/// A root, an intermediate, a client below it, and their trust store.
class RevocationTest : public testing::Test {
 protected:
  using Crls = std::vector<std::shared_ptr<const Crl>>;

  [[nodiscard]] std::shared_ptr<const TrustStore> store(RevocationMode mode, Crls crls) const {
    const auto plain = TrustStore::make("partner", {root_.certificate}, {issuing_.certificate}, true);
    if (!plain) throw std::runtime_error{plain.error().detail};
    return (*plain)->with_revocation({mode, std::move(crls)});
  }
  [[nodiscard]] Result<VerifiedPath> verify(RevocationMode mode, Crls crls, WallTime now = kNow) const {
    return store(mode, std::move(crls))->verify(leaf_.certificate, {}, {.now = now});
  }
  /// The name of the reason, `none` where the chain is accepted.
  [[nodiscard]] std::string verdict(RevocationMode mode, Crls crls, WallTime now = kNow) const {
    const auto path = verify(mode, std::move(crls), now);
    if (path) return "none";
    EXPECT_EQ(path.error().code, ErrorCode::invalid_client);
    EXPECT_EQ(path.error().text.view(), "client authentication failed");
    return std::string{name(path.error().reason)};
  }

  Identity root_ = make_root("Root");
  Identity issuing_ = make_intermediate("Issuing", root_);
  Identity leaf_ = make_client("client-1", issuing_);
  Identity other_leaf_ = make_client("client-2", issuing_);
};

TEST_F(RevocationTest, AcceptsAPathThatEveryIssuersCrlSpares) {
  const auto path = verify(RevocationMode::require, {crl_of(root_), crl_of(issuing_, listing(other_leaf_))});
  ASSERT_TRUE(path) << path.error().detail;
  ASSERT_EQ(path->revocation.size(), 2U);
  EXPECT_EQ(path->revocation[0].status, RevocationStatus::good);
  EXPECT_TRUE(path->revocation[0].crl->is_of(issuing_.certificate));
  EXPECT_TRUE(path->revocation[1].crl->is_of(root_.certificate));
  EXPECT_FALSE(path->has_unknown_revocation());
}

TEST_F(RevocationTest, RefusesARevokedLeafInEveryModeButOff) {
  for (const auto mode : {RevocationMode::soft_fail, RevocationMode::require}) {
    EXPECT_EQ(verdict(mode, {crl_of(root_), crl_of(issuing_, listing(leaf_))}), "certificate_revoked");
  }
  const auto off = verify(RevocationMode::off, {crl_of(root_), crl_of(issuing_, listing(leaf_))});
  ASSERT_TRUE(off);
  EXPECT_TRUE(off->revocation.empty());
}

TEST_F(RevocationTest, RefusesARevokedIntermediate) {
  const auto path = verify(RevocationMode::soft_fail, {crl_of(root_, listing(issuing_))});
  ASSERT_FALSE(path);
  EXPECT_EQ(path.error().reason, Reason::certificate_revoked);
  EXPECT_THAT(path.error().detail, AllOf(HasSubstr("certificate 1 (CN=Issuing)"), HasSubstr("CRL 01 of \"CN=Root\""),
                                         HasSubstr(issuing_.certificate.serial_hex())));
}

TEST_F(RevocationTest, WithoutACrlOfEveryIssuerOnlySoftFailAccepts) {
  EXPECT_EQ(verdict(RevocationMode::require, {crl_of(root_)}), "revocation_unknown");
  EXPECT_EQ(verdict(RevocationMode::require, {crl_of(issuing_)}), "revocation_unknown");
  EXPECT_EQ(verdict(RevocationMode::require, {}), "revocation_unknown");
  const auto path = verify(RevocationMode::soft_fail, {crl_of(root_)});
  ASSERT_TRUE(path);
  EXPECT_TRUE(path->has_unknown_revocation());
  EXPECT_EQ(path->revocation[0].crl, nullptr);
  EXPECT_THAT(describe_finding(path->revocation[0], leaf_.certificate, kNow),
              HasSubstr("no CRL of its issuer \"CN=Issuing\""));
}

// nextUpdate itself is past, thisUpdate itself is not of the future.
TEST_F(RevocationTest, HonoursBothDatesOfACrl) {
  const Crls crls{crl_of(root_), crl_of(issuing_)};
  const WallTime begin = crls[0]->this_update();
  const WallTime end = crls[0]->next_update();
  EXPECT_EQ(verdict(RevocationMode::require, crls, begin), "none");
  EXPECT_EQ(verdict(RevocationMode::require, crls, begin - kOneSecond), "revocation_unknown");
  EXPECT_EQ(verdict(RevocationMode::require, crls, end - kOneSecond), "none");
  EXPECT_EQ(verdict(RevocationMode::require, crls, end), "revocation_unknown");
  EXPECT_EQ(verdict(RevocationMode::soft_fail, crls, end), "none");
  const auto past = verify(RevocationMode::require, crls, end);
  EXPECT_THAT(past.error().detail, AllOf(HasSubstr("certificate 0 (CN=client-1)"), HasSubstr("is past")));
  const auto early = verify(RevocationMode::require, crls, begin - kOneSecond);
  EXPECT_THAT(early.error().detail, HasSubstr("not valid yet"));
}

// Who is revoked stays so, however old the list is that says it.
TEST_F(RevocationTest, APastCrlStillRevokes) {
  const Crls crls{crl_of(root_), crl_of(issuing_, listing(leaf_))};
  EXPECT_EQ(verdict(RevocationMode::soft_fail, crls, crls[1]->next_update() + hours{1}), "certificate_revoked");
  EXPECT_EQ(verdict(RevocationMode::require, crls, crls[1]->this_update() - hours{1}), "certificate_revoked");
}

// Released from hold: the newest list counts, wherever it stands.
TEST_F(RevocationTest, TheNewestOfSeveralCounts) {
  CrlShape newer;
  newer.this_update = kNow - std::chrono::minutes{1};
  const auto old_listing = crl_of(issuing_, listing(leaf_));
  const auto fresh = crl_of(issuing_, newer);
  const auto root = crl_of(root_);
  EXPECT_EQ(verdict(RevocationMode::require, {root, old_listing, fresh}), "none");
  EXPECT_EQ(verdict(RevocationMode::require, {fresh, old_listing, root}), "none");
  CrlShape future = listing(leaf_);
  future.this_update = kNow + hours{1};
  EXPECT_EQ(verdict(RevocationMode::require, {root, fresh, crl_of(issuing_, future)}), "certificate_revoked");
  future.entries.clear();
  EXPECT_EQ(verdict(RevocationMode::require, {root, fresh, crl_of(issuing_, future)}), "none");
}

// An anchor is the certificate, never a name: the other CA's list says nothing, though its serials are the same.
TEST_F(RevocationTest, TheCrlOfANamesakeSaysNothing) {
  const auto namesake = make_intermediate("Issuing", root_);
  const auto foreign = crl_of(namesake, listing(leaf_));
  EXPECT_EQ(verdict(RevocationMode::soft_fail, {crl_of(root_), foreign}), "none");
  EXPECT_EQ(verdict(RevocationMode::require, {crl_of(root_), foreign}), "revocation_unknown");
}

TEST_F(RevocationTest, ThePathEndsWithItsCrls) {
  CrlShape brief;
  brief.this_update = kNow - std::chrono::minutes{1};
  brief.next_update = kNow + hours{1};
  const auto path = verify(RevocationMode::require, {crl_of(root_), crl_of(issuing_, brief)});
  ASSERT_TRUE(path);
  EXPECT_EQ(path->not_after, brief.next_update);
  EXPECT_EQ(path->not_before, brief.this_update);
  const auto unknown = verify(RevocationMode::soft_fail, {crl_of(root_)});
  ASSERT_TRUE(unknown);
  EXPECT_EQ(unknown->not_after, kNow + hours{24});
}

// Architecture section 7: until the earliest nextUpdate.
TEST_F(RevocationTest, TheMemoryEndsAtNextUpdateAndWithANewCrl) {
  CrlShape brief;
  brief.next_update = kNow + hours{1};
  const auto first = store(RevocationMode::require, {crl_of(root_), crl_of(issuing_, brief)});
  const PresentedChain presented{leaf_.certificate, {}};
  VerificationMemory memory;
  ASSERT_TRUE(memory.verify(*first, presented, kNow));
  EXPECT_TRUE(memory.verify(*first, presented, brief.next_update - kOneSecond));
  EXPECT_EQ(memory.hits(), 1U);
  const auto past = memory.verify(*first, presented, brief.next_update);
  ASSERT_FALSE(past);
  EXPECT_EQ(past.error().reason, Reason::revocation_unknown);

  ASSERT_TRUE(memory.verify(*first, presented, kNow));
  const auto second =
      first->with_revocation({RevocationMode::require, {crl_of(root_), crl_of(issuing_, listing(leaf_))}});
  EXPECT_NE(second->generation(), first->generation());
  const auto revoked = memory.verify(*second, presented, kNow);
  ASSERT_FALSE(revoked);
  EXPECT_EQ(revoked.error().reason, Reason::certificate_revoked);
}

TEST_F(RevocationTest, TheMemoryTellsOfWhatSoftFailAccepts) {
  int heard = 0;
  VerificationMemory memory{VerificationMemory::kCapacity,
                            [&heard](const TrustStore& store, const VerifiedPath& path, WallTime now) {
                              EXPECT_EQ(store.name(), "partner");
                              EXPECT_TRUE(path.has_unknown_revocation());
                              EXPECT_EQ(now, kNow);
                              ++heard;
                            }};
  const PresentedChain presented{leaf_.certificate, {}};
  const auto blind = store(RevocationMode::soft_fail, {});
  ASSERT_TRUE(memory.verify(*blind, presented, kNow));
  ASSERT_TRUE(memory.verify(*blind, presented, kNow));
  EXPECT_EQ(heard, 1);
  ASSERT_TRUE(memory.verify(*store(RevocationMode::soft_fail, {crl_of(root_), crl_of(issuing_)}), presented, kNow));
  EXPECT_EQ(heard, 1);
}

TEST_F(RevocationTest, FindPathDoesNotAskForRevocation) {
  const auto strict = store(RevocationMode::require, {});
  EXPECT_FALSE(strict->verify(leaf_.certificate, {}, {.now = kNow}));
  const auto path = strict->find_path(leaf_.certificate, {}, {.now = kNow});
  ASSERT_TRUE(path);
  EXPECT_EQ(path->certificates.size(), 3U);
  EXPECT_TRUE(path->revocation.empty());
}

}  // namespace certbound::x509
