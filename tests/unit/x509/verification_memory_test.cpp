#include "x509/verification_memory.hpp"

#include <gtest/gtest.h>

#include "support/pki.hpp"

namespace certbound::x509 {

namespace {

using certbound::test::Identity;
using certbound::test::kNow;

constexpr std::chrono::seconds kSecond{1};

PresentedChain chain_of(const Identity& leaf) { return {leaf.certificate, {}}; }

std::shared_ptr<const TrustStore> store_for(const Identity& root) {
  auto made = TrustStore::make("store", {root.certificate}, {}, true);
  EXPECT_TRUE(made);
  return *made;
}

}  // namespace

TEST(VerificationMemory, AnswersTheSecondTimeFromMemory) {
  const auto root = certbound::test::make_root("Root");
  const auto leaf = certbound::test::make_client("client-1", root);
  const auto store = store_for(root);
  VerificationMemory memory;

  EXPECT_TRUE(memory.verify(*store, chain_of(leaf), kNow));
  EXPECT_EQ(memory.hits(), 0U);
  EXPECT_TRUE(memory.verify(*store, chain_of(leaf), kNow));
  EXPECT_EQ(memory.hits(), 1U);
  EXPECT_EQ(memory.size(), 1U);
}

// Product rule 6: a reload ends the memory; an anchor may have gone.
TEST(VerificationMemory, EndsWithTheTrustStore) {
  const auto root = certbound::test::make_root("Root");
  const auto other = certbound::test::make_root("Other");
  const auto leaf = certbound::test::make_client("client-1", root);
  VerificationMemory memory;
  ASSERT_TRUE(memory.verify(*store_for(root), chain_of(leaf), kNow));

  EXPECT_TRUE(memory.verify(*store_for(root), chain_of(leaf), kNow));
  EXPECT_EQ(memory.hits(), 0U);
  EXPECT_FALSE(memory.verify(*store_for(other), chain_of(leaf), kNow));
  EXPECT_EQ(memory.hits(), 0U);
}

TEST(VerificationMemory, EndsAtTheSecondOfExpiry) {
  const auto root = certbound::test::make_root("Root");
  const auto leaf = certbound::test::make_client("client-1", root);
  const auto store = store_for(root);
  const WallTime end = leaf.certificate.not_after();
  VerificationMemory memory;
  ASSERT_TRUE(memory.verify(*store, chain_of(leaf), kNow));

  EXPECT_TRUE(memory.verify(*store, chain_of(leaf), end - kSecond));
  EXPECT_EQ(memory.hits(), 1U);
  const auto refused = memory.verify(*store, chain_of(leaf), end);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, Reason::certificate_expired);
  EXPECT_EQ(memory.hits(), 1U);
  EXPECT_EQ(memory.size(), 0U);
}

// The path's earliest end counts, not only the leaf's.
TEST(VerificationMemory, EndsWithTheShortestLivedIssuer) {
  certbound::test::Shape shape;
  shape.role = CertificateRole::authority;
  shape.subject = {{"CN", "Root"}};
  shape.not_after = kNow + std::chrono::hours{1};
  const auto root = certbound::test::make_identity(shape);
  const auto leaf = certbound::test::make_client("client-1", root);
  const auto store = store_for(root);
  VerificationMemory memory;
  ASSERT_TRUE(memory.verify(*store, chain_of(leaf), kNow));

  EXPECT_TRUE(memory.verify(*store, chain_of(leaf), shape.not_after - kSecond));
  EXPECT_EQ(memory.hits(), 1U);
  EXPECT_FALSE(memory.verify(*store, chain_of(leaf), shape.not_after));
}

// A clock that is set back: the verdict was given for another time.
TEST(VerificationMemory, DoesNotAnswerBeforeThePathIsValid) {
  const auto root = certbound::test::make_root("Root");
  const auto leaf = certbound::test::make_client("client-1", root);
  const auto store = store_for(root);
  const WallTime begin = leaf.certificate.not_before();
  VerificationMemory memory;
  ASSERT_TRUE(memory.verify(*store, chain_of(leaf), kNow));

  EXPECT_TRUE(memory.verify(*store, chain_of(leaf), begin));
  EXPECT_EQ(memory.hits(), 1U);
  const auto refused = memory.verify(*store, chain_of(leaf), begin - kSecond);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, Reason::certificate_not_yet_valid);
}

TEST(VerificationMemory, DoesNotRememberARefusal) {
  const auto root = certbound::test::make_root("Root");
  const auto issuing = certbound::test::make_intermediate("Issuing", root);
  const auto leaf = certbound::test::make_client("client-1", issuing);
  const auto store = store_for(root);
  VerificationMemory memory;

  EXPECT_FALSE(memory.verify(*store, chain_of(leaf), kNow));
  EXPECT_EQ(memory.size(), 0U);
  EXPECT_TRUE(memory.verify(*store, PresentedChain{leaf.certificate, {issuing.certificate}}, kNow));
  EXPECT_EQ(memory.hits(), 0U);
}

TEST(VerificationMemory, ForgetsTheLeastRecentlyUsedFirst) {
  const auto root = certbound::test::make_root("Root");
  const auto a = certbound::test::make_client("a", root);
  const auto b = certbound::test::make_client("b", root);
  const auto c = certbound::test::make_client("c", root);
  const auto store = store_for(root);
  VerificationMemory memory{2};
  ASSERT_TRUE(memory.verify(*store, chain_of(a), kNow));
  ASSERT_TRUE(memory.verify(*store, chain_of(b), kNow));
  ASSERT_TRUE(memory.verify(*store, chain_of(a), kNow));  // b is the oldest now
  ASSERT_EQ(memory.hits(), 1U);
  ASSERT_TRUE(memory.verify(*store, chain_of(c), kNow));

  EXPECT_EQ(memory.size(), 2U);
  EXPECT_TRUE(memory.verify(*store, chain_of(a), kNow));
  EXPECT_EQ(memory.hits(), 2U);
  EXPECT_TRUE(memory.verify(*store, chain_of(b), kNow));
  EXPECT_EQ(memory.hits(), 2U);
  EXPECT_EQ(memory.size(), 2U);
}

TEST(VerificationMemory, WithoutRoomVerifiesEveryTime) {
  const auto root = certbound::test::make_root("Root");
  const auto leaf = certbound::test::make_client("client-1", root);
  const auto store = store_for(root);
  VerificationMemory memory{0};

  EXPECT_TRUE(memory.verify(*store, chain_of(leaf), kNow));
  EXPECT_TRUE(memory.verify(*store, chain_of(leaf), kNow));
  EXPECT_EQ(memory.hits(), 0U);
  EXPECT_EQ(memory.size(), 0U);
}

TEST(VerificationMemory, IsEmptyAfterClear) {
  const auto root = certbound::test::make_root("Root");
  const auto leaf = certbound::test::make_client("client-1", root);
  const auto store = store_for(root);
  VerificationMemory memory;
  ASSERT_TRUE(memory.verify(*store, chain_of(leaf), kNow));
  memory.clear();

  EXPECT_EQ(memory.size(), 0U);
  EXPECT_TRUE(memory.verify(*store, chain_of(leaf), kNow));
  EXPECT_EQ(memory.hits(), 0U);
}

}  // namespace certbound::x509
