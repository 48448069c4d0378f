#include "oauth/seen_filter.hpp"

#include <gtest/gtest.h>

namespace certbound::oauth {

namespace {

constexpr WallTime kStart{std::chrono::seconds{1700000000}};

crypto::Sha256 leaf(std::uint8_t number) {
  crypto::Sha256 digest;
  digest.octets.fill(number);
  return digest;
}

}  // namespace

TEST(SeenFilter, NotesEachClientOnceInAnInterval) {
  SeenFilter filter;
  EXPECT_TRUE(filter.is_due("a", leaf(1), kStart));
  EXPECT_TRUE(filter.is_due("b", leaf(1), kStart));
  EXPECT_FALSE(filter.is_due("a", leaf(1), kStart));
  EXPECT_FALSE(filter.is_due("a", leaf(1), kStart + SeenFilter::kInterval - std::chrono::seconds{1}));
  EXPECT_TRUE(filter.is_due("a", leaf(1), kStart + SeenFilter::kInterval));
  EXPECT_FALSE(filter.is_due("a", leaf(1), kStart + SeenFilter::kInterval));
}

TEST(SeenFilter, NotesAgainWhereTheClockWasSetBack) {
  SeenFilter filter;
  EXPECT_TRUE(filter.is_due("a", leaf(1), kStart));
  EXPECT_TRUE(filter.is_due("a", leaf(1), kStart - std::chrono::hours{1}));
}

// A renewed certificate shows at once; several that take turns do not become a write for every token.
TEST(SeenFilter, NotesAnotherCertificateSooner) {
  SeenFilter filter;
  EXPECT_TRUE(filter.is_due("a", leaf(1), kStart));
  EXPECT_FALSE(filter.is_due("a", leaf(2), kStart));
  EXPECT_TRUE(filter.is_due("a", leaf(2), kStart + SeenFilter::kShortest));
  EXPECT_FALSE(filter.is_due("a", leaf(2), kStart + 2 * SeenFilter::kShortest));
  EXPECT_TRUE(filter.is_due("a", leaf(1), kStart + 2 * SeenFilter::kShortest));
}

TEST(SeenFilter, IsBounded) {
  SeenFilter filter{2};
  EXPECT_TRUE(filter.is_due("a", leaf(1), kStart));
  EXPECT_TRUE(filter.is_due("b", leaf(1), kStart));
  EXPECT_TRUE(filter.is_due("c", leaf(1), kStart));
  EXPECT_TRUE(filter.is_due("a", leaf(1), kStart)) << "forgotten with the others";
}

}  // namespace certbound::oauth
