#include "model/signing_key.hpp"

#include <gtest/gtest.h>

namespace certbound::model {

// RFC 7518 section 3.1, RFC 8037 section 3.1: case-sensitive.
TEST(SigningAlgorithmName, GoesThereAndBack) {
  EXPECT_EQ(name(SigningAlgorithm::es256), "ES256");
  EXPECT_EQ(name(SigningAlgorithm::ps256), "PS256");
  EXPECT_EQ(name(SigningAlgorithm::eddsa), "EdDSA");
  EXPECT_EQ(name(SigningAlgorithm::rs256), "RS256");
  for (const auto algorithm :
       {SigningAlgorithm::es256, SigningAlgorithm::ps256, SigningAlgorithm::eddsa, SigningAlgorithm::rs256}) {
    EXPECT_EQ(parse_signing_algorithm(name(algorithm)), algorithm);
  }
}

TEST(ParseSigningAlgorithm, FindsNothingElse) {
  for (const auto* text : {"", "none", "HS256", "es256", "ES384", "EDDSA", "ES256 "}) {
    EXPECT_EQ(parse_signing_algorithm(text), std::nullopt) << text;
  }
}

TEST(KeyStateName, GoesThereAndBack) {
  EXPECT_EQ(name(KeyState::next), "next");
  EXPECT_EQ(name(KeyState::active), "active");
  EXPECT_EQ(name(KeyState::retired), "retired");
  for (const auto state : {KeyState::next, KeyState::active, KeyState::retired})
    EXPECT_EQ(parse_key_state(name(state)), state);
  EXPECT_EQ(parse_key_state("Active"), std::nullopt);
  EXPECT_EQ(parse_key_state(""), std::nullopt);
}

}  // namespace certbound::model
