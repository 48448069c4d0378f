#include "verifier/token_cache.hpp"

#include <string>

#include <gtest/gtest.h>

namespace certbound::verifier {

namespace {

crypto::Sha256 key_of(int number) { return crypto::sha256(std::to_string(number)); }

std::shared_ptr<const Claims> claims_of(int number) {
  Claims claims;
  claims.token.token_id = std::to_string(number);
  return std::make_shared<const Claims>(std::move(claims));
}

std::size_t count_known(TokenCache& cache, int count) {
  std::size_t known = 0;
  for (int i = 0; i < count; ++i) {
    const auto found = cache.find(key_of(i));
    if (!found) continue;
    ++known;
    EXPECT_EQ(found->token.token_id, std::to_string(i));
  }
  return known;
}

}  // namespace

TEST(TokenCache, FindsWhatWasPut) {
  TokenCache cache{100};
  EXPECT_EQ(cache.find(key_of(1)), nullptr);
  const auto claims = claims_of(1);
  cache.put(key_of(1), claims);
  EXPECT_EQ(cache.find(key_of(1)), claims);
  EXPECT_EQ(cache.find(key_of(2)), nullptr);
}

TEST(TokenCache, KeepsTheFirstOfTwo) {
  TokenCache cache{100};
  const auto claims = claims_of(1);
  cache.put(key_of(1), claims);
  cache.put(key_of(1), claims_of(2));
  EXPECT_EQ(cache.find(key_of(1)), claims);
}

TEST(TokenCache, NeverHoldsMoreThanItMay) {
  for (const std::size_t capacity : {1U, 2U, 15U, 16U, 17U, 100U, 160U}) {
    TokenCache cache{capacity};
    for (int i = 0; i < 1000; ++i) {
      cache.put(key_of(i), claims_of(i));
      EXPECT_TRUE(cache.find(key_of(i))) << i;
    }
    EXPECT_LE(count_known(cache, 1000), capacity);
    EXPECT_GE(count_known(cache, 1000), capacity / 2) << capacity;
  }
}

TEST(TokenCache, MakesRoomByTheOldest) {
  TokenCache cache{1};
  for (int i = 0; i < 10; ++i) cache.put(key_of(i), claims_of(i));
  EXPECT_EQ(count_known(cache, 9), 0U);
  EXPECT_TRUE(cache.find(key_of(9)));
}

TEST(TokenCache, RemembersNothingWithoutRoom) {
  TokenCache cache{0};
  cache.put(key_of(1), claims_of(1));
  EXPECT_EQ(cache.find(key_of(1)), nullptr);
}

// Whoever found it keeps it.
TEST(TokenCache, LeavesClaimsToThoseWhoHaveThem) {
  TokenCache cache{1};
  cache.put(key_of(1), claims_of(1));
  const auto found = cache.find(key_of(1));
  cache.put(key_of(2), claims_of(2));
  EXPECT_EQ(found->token.token_id, "1");
}

}  // namespace certbound::verifier
