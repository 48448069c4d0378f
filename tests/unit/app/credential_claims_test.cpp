#include "app/credential_claims.hpp"

#include <gtest/gtest.h>

namespace certbound::app {

namespace {

using Ids = std::set<std::string>;

oauth::KeySet keys(const char* certificate, const char* key) {
  oauth::KeySet set;
  if (*certificate != '\0') set.certificates = {crypto::sha256(std::string_view{certificate})};
  if (*key != '\0') set.keys = {crypto::sha256(std::string_view{key})};
  return set;
}

}  // namespace

TEST(CredentialClaims, NameTheOtherHolders) {
  CredentialClaims claims;
  EXPECT_EQ(claims.claim("a", keys("one", "k")), Ids{});
  EXPECT_EQ(claims.claim("b", keys("two", "k")), Ids{"a"});
  EXPECT_EQ(claims.claim("c", keys("one", "k")), (Ids{"a", "b"}));
  EXPECT_EQ(claims.claim("d", keys("three", "")), Ids{});
}

TEST(CredentialClaims, AreFoundWithoutClaiming) {
  CredentialClaims claims;
  claims.claim("a", keys("one", "k"));
  EXPECT_EQ(claims.find_others("b", keys("one", "other")), Ids{"a"});
  EXPECT_EQ(claims.find_others("a", keys("one", "k")), Ids{});
  EXPECT_EQ(claims.claim("c", keys("", "other")), Ids{});
}

TEST(CredentialClaims, EndWithTheirRelease) {
  CredentialClaims claims;
  EXPECT_EQ(claims.claim("a", keys("one", "")), Ids{});
  claims.release("a", keys("one", ""));
  claims.release("a", keys("never", ""));
  EXPECT_EQ(claims.claim("b", keys("one", "")), Ids{});
}

}  // namespace certbound::app
