#include "proof/nonce.hpp"

#include <set>
#include <stdexcept>

#include <gtest/gtest.h>

namespace certbound::proof {

namespace {

using std::chrono::seconds;

constexpr WallTime kIssued{seconds{1768478400}};
constexpr seconds kLifetime{300};

NonceMaker maker(std::string_view purpose = "token endpoint") {
  auto made = NonceMaker::make(purpose, kLifetime);
  if (!made) throw std::runtime_error{made.error().detail};
  return *std::move(made);
}

std::string issued(const NonceMaker& maker, WallTime now = kIssued) {
  auto nonce = maker.issue(now);
  if (!nonce) throw std::runtime_error{nonce.error().detail};
  return *std::move(nonce);
}

}  // namespace

// RFC 9449 section 8.1: NQCHAR; here base64url.
TEST(NonceMaker, IssuesAShortToken) {
  const std::string nonce = issued(maker());
  EXPECT_EQ(nonce.size(), 32U);
  EXPECT_EQ(nonce.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
            std::string::npos);
}

// 9449-8-2.
TEST(NonceMaker, AcceptsItsOwnForTheLifetime) {
  const NonceMaker nonces = maker();
  const std::string nonce = issued(nonces);
  EXPECT_TRUE(nonces.accepts(nonce, kIssued));
  EXPECT_TRUE(nonces.accepts(nonce, kIssued + seconds{1}));
  EXPECT_TRUE(nonces.accepts(nonce, kIssued + kLifetime));
  EXPECT_FALSE(nonces.accepts(nonce, kIssued + kLifetime + seconds{1}));
  EXPECT_FALSE(nonces.accepts(nonce, kIssued + seconds{1'000'000'000}));
}

// The key changes by the hour; a nonce does not end with its key.
TEST(NonceMaker, AcceptsANonceAcrossTheChangeOfTheKey) {
  const NonceMaker nonces = maker();
  for (int second = 0; second < 7200; second += 7) {
    const WallTime now = kIssued + seconds{second};
    ASSERT_TRUE(nonces.accepts(issued(nonces, now), now + kLifetime)) << second;
  }
}

TEST(NonceMaker, IsAnotherInEverySecond) {
  const NonceMaker nonces = maker();
  std::set<std::string> codes;
  for (int second = 0; second < 4000; ++second) codes.insert(issued(nonces, kIssued + seconds{second}).substr(11));
  EXPECT_EQ(codes.size(), 4000U);
}

// A clock that was set back: the nonces of before are refused as old ones are, and new ones are accepted.
TEST(NonceMaker, RefusesANonceFromTheFuture) {
  const NonceMaker nonces = maker();
  const std::string nonce = issued(nonces);
  const WallTime before = kIssued - seconds{1};
  EXPECT_FALSE(nonces.accepts(nonce, before));
  EXPECT_TRUE(nonces.accepts(issued(nonces, before), before));
}

// 9449-8-2, 9449-9-1.
TEST(NonceMaker, RefusesWhatAnotherHasIssued) {
  const NonceMaker nonces = maker();
  EXPECT_FALSE(nonces.accepts(issued(maker()), kIssued));
  EXPECT_FALSE(nonces.accepts(issued(maker("resource server")), kIssued));
}

TEST(NonceMaker, RefusesAnyOtherCharacterAnywhere) {
  const NonceMaker nonces = maker();
  const std::string nonce = issued(nonces);
  for (std::size_t i = 0; i < nonce.size(); ++i) {
    for (const char other : {'A', 'B', 'z', '_', '=', '.', ' ', '\0'}) {
      std::string changed = nonce;
      changed[i] = other;
      EXPECT_EQ(nonces.accepts(changed, kIssued), changed == nonce) << i << other;
    }
    EXPECT_FALSE(nonces.accepts(nonce.substr(0, i), kIssued)) << i;
    EXPECT_FALSE(nonces.accepts(nonce.substr(i + 1), kIssued)) << i;
  }
  EXPECT_FALSE(nonces.accepts(nonce + "A", kIssued));
  EXPECT_FALSE(nonces.accepts("", kIssued));
  EXPECT_FALSE(nonces.accepts(std::string(32, 'A'), kIssued));
  EXPECT_FALSE(nonces.accepts(std::string(32, '_'), kIssued));
  EXPECT_FALSE(nonces.accepts(std::string(100'000, 'A'), kIssued));
}

// Its time is part of it: one second more or less is another nonce.
TEST(NonceMaker, RefusesANonceWithAnotherTime) {
  const NonceMaker nonces = maker();
  const std::string code = issued(nonces).substr(11);
  for (int second = 1; second < 200; ++second) {
    const std::string other = issued(nonces, kIssued + seconds{second}).substr(0, 11) + code;
    EXPECT_FALSE(nonces.accepts(other, kIssued + seconds{second})) << second;
  }
}

TEST(NonceMaker, KnowsNoTimeBefore1970) {
  const NonceMaker nonces = maker();
  EXPECT_FALSE(nonces.issue(WallTime{seconds{-1}}));
  EXPECT_TRUE(nonces.issue(WallTime{}));
  EXPECT_FALSE(nonces.accepts(issued(nonces, WallTime{}), WallTime{seconds{-1}}));
}

}  // namespace certbound::proof
