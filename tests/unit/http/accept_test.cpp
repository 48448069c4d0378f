#include "http/accept.hpp"

#include <gtest/gtest.h>

namespace certbound::http {

namespace {

bool wants_jwt(std::string_view accept) {
  return prefers(accept, "application/token-introspection+jwt", "application/json");
}

}  // namespace

TEST(Prefers, WantsTheTypeToBeNamed) {
  EXPECT_TRUE(wants_jwt("application/token-introspection+jwt"));
  EXPECT_TRUE(wants_jwt("text/html , Application/Token-Introspection+JWT;q=0.5"));
  for (const char* other : {"", "*/*", "application/*", "application/json", "application/jwt"}) {
    EXPECT_FALSE(wants_jwt(other)) << other;
  }
}

// RFC 9110 section 12.4.2.
TEST(Prefers, ComparesWeights) {
  EXPECT_TRUE(wants_jwt("application/json, application/token-introspection+jwt"));
  EXPECT_TRUE(wants_jwt("application/json;q=0.499, application/token-introspection+jwt;q=0.5"));
  EXPECT_FALSE(wants_jwt("application/json, application/token-introspection+jwt;q=0.9"));
  EXPECT_FALSE(wants_jwt("application/token-introspection+jwt;q=0"));
  EXPECT_FALSE(wants_jwt("application/token-introspection+jwt;q=0.000"));
  EXPECT_FALSE(wants_jwt("application/token-introspection+jwt;q=much"));
  EXPECT_FALSE(wants_jwt("application/token-introspection+jwt;q=0,5"));
}

}  // namespace certbound::http
