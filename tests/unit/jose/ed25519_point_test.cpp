#include "jose/ed25519_point.hpp"

#include "vectors.hpp"

namespace certbound::jose {

namespace {

Bytes decode_point(const nlohmann::json& text) { return base64url_decode(text.get<std::string>()).value(); }

}  // namespace

TEST(IsEd25519PublicPoint, AcceptsPublicKeys) {
  EXPECT_TRUE(is_ed25519_public_point(decode_point(test::load_vectors("rfc8037").at("jwk").at("x"))));
  EXPECT_TRUE(is_ed25519_public_point(decode_point(test::load_jwk("ed25519").at("x"))));
}

// RFC 8032 section 5.1.3: y without an x; y from the prime on.
TEST(IsEd25519PublicPoint, RefusesWhatIsNoPoint) {
  const auto points = test::load_vectors("python_cryptography").at("ed25519_points");
  EXPECT_FALSE(is_ed25519_public_point(decode_point(points.at("off_curve"))));
  EXPECT_FALSE(is_ed25519_public_point(decode_point(points.at("not_canonical"))));
  EXPECT_FALSE(is_ed25519_public_point(Bytes(31, 7)));
  EXPECT_FALSE(is_ed25519_public_point(Bytes{}));
}

// RFC 8725 section 3.4: with such a key one signature fits many messages.
TEST(IsEd25519PublicPoint, RefusesPointsOfSmallOrder) {
  const auto points = test::load_vectors("python_cryptography").at("ed25519_points").at("small_order");
  ASSERT_EQ(points.size(), 14U);
  for (const auto& point : points) EXPECT_FALSE(is_ed25519_public_point(decode_point(point))) << point;
}

}  // namespace certbound::jose
