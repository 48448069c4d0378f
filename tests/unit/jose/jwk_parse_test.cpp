#include <algorithm>

#include "vectors.hpp"

namespace certbound::jose {

namespace {

using ::certbound::jose::test::refusal;

nlohmann::json with(nlohmann::json jwk, const char* name, nlohmann::json value) {
  jwk[name] = std::move(value);
  return jwk;
}

nlohmann::json without(nlohmann::json jwk, const char* name) {
  jwk.erase(name);
  return jwk;
}

Bytes octets_of(const nlohmann::json& jwk, const char* name) {
  return base64url_decode(jwk.at(name).get<std::string>()).value();
}

}  // namespace

TEST(ParseJwk, ReadsEveryKeyType) {
  for (const auto* name :
       {"p256", "p384", "p521", "rsa2048", "ed25519", "p256_x_leading_zero", "p256_y_leading_zero"}) {
    const auto value = test::load_jwk(name);
    const auto jwk = parse_jwk(value);
    ASSERT_TRUE(jwk) << name << ": " << jwk.error().detail;
    const auto back = to_jwk(*jwk->key);
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, value) << name;
    EXPECT_TRUE(jwk->kid.empty());
    EXPECT_TRUE(jwk->alg.empty());
    EXPECT_TRUE(jwk->use.empty());
    EXPECT_TRUE(jwk->x5c.empty());
    EXPECT_FALSE(jwk->x5t_s256.has_value());
    EXPECT_TRUE(jwk->may_verify);
  }
}

TEST(ParseJwk, ReadsTheNamesOfAKey) {
  const auto jwk = parse_jwk(test::load_vectors("rfc7638").at("jwk"));
  ASSERT_TRUE(jwk);
  EXPECT_EQ(jwk->kid, "2011-04-29");
  EXPECT_EQ(jwk->alg, "RS256");
}

// RFC 7517 section 4: members that are not understood are ignored.
TEST(ParseJwk, IgnoresUnknownMembers) {
  auto value = test::load_jwk("p256");
  value.update({{"ext", true}, {"x5u", "https://example.com/c.pem"}, {"nested", {{"d", 1}}}});
  EXPECT_EQ(refusal(value), "");
}

TEST(ParseJwk, RefusesWhatIsNoJwk) {
  for (const auto& value :
       {nlohmann::json::array(), nlohmann::json("EC"), nlohmann::json(), nlohmann::json::object(),
        nlohmann::json{{"kty", 1}}, nlohmann::json{{"kty", "oct"}}, nlohmann::json{{"kty", "ec"}}}) {
    EXPECT_NE(refusal(value), "") << value;
  }
}

// RFC 7518 sections 6.2.2, 6.3.2 and 6.4.1.
TEST(ParseJwk, RefusesPrivateMembers) {
  for (const auto* member : {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}) {
    const auto detail = refusal(with(test::load_jwk("rsa2048"), member, "AQAB"));
    EXPECT_EQ(detail.find(std::string{member} + ": a private key member"), 0U) << detail;
    EXPECT_NE(refusal(with(test::load_jwk("ed25519"), member, nullptr)), "") << member;
  }
}

TEST(ParseJwk, RefusesAMissingMember) {
  EXPECT_EQ(refusal(without(test::load_jwk("p256"), "kty")), "kty: missing or not a string");
  EXPECT_EQ(refusal(without(test::load_jwk("p256"), "crv")), "crv: not P-256, P-384 or P-521");
  EXPECT_EQ(refusal(without(test::load_jwk("p256"), "x")), "x: missing");
  EXPECT_EQ(refusal(without(test::load_jwk("p256"), "y")), "y: missing");
  EXPECT_EQ(refusal(without(test::load_jwk("rsa2048"), "n")), "n: missing");
  EXPECT_EQ(refusal(without(test::load_jwk("rsa2048"), "e")), "e: missing");
  EXPECT_EQ(refusal(without(test::load_jwk("ed25519"), "crv")), "crv: not Ed25519");
  EXPECT_EQ(refusal(without(test::load_jwk("ed25519"), "x")), "x: missing");
}

TEST(ParseJwk, RefusesAMemberOfAnotherType) {
  for (const auto* member : {"crv", "x", "y", "kid", "alg", "use", "key_ops", "x5c", "x5t#S256"}) {
    EXPECT_NE(refusal(with(test::load_jwk("p256"), member, 7)), "") << member;
  }
  EXPECT_EQ(refusal(with(test::load_jwk("rsa2048"), "e", 65537)), "e: not a string");
  EXPECT_EQ(refusal(with(test::load_jwk("ed25519"), "x", nlohmann::json::array())), "x: not a string");
}

// RFC 7515 section 2: no padding, no other alphabet, no white space, unused bits zero.
TEST(ParseJwk, RefusesBase64urlInAnotherSpelling) {
  const auto jwk = test::load_jwk("p256");
  const auto x = jwk.at("x").get<std::string>();
  EXPECT_EQ(refusal(with(jwk, "x", x + "=")), "x: not base64url without padding");
  EXPECT_EQ(refusal(with(jwk, "x", x + "\n")), "x: not base64url without padding");
  EXPECT_EQ(refusal(with(jwk, "x", "+" + x.substr(1))), "x: not base64url without padding");
  EXPECT_EQ(refusal(with(jwk, "x", x.substr(0, 20) + " " + x.substr(21))), "x: not base64url without padding");
  // 32 octets end in a character with two unused bits.
  std::string spelled = x;
  const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  spelled.back() = alphabet[alphabet.find(x.back()) + 1];
  EXPECT_EQ(refusal(with(jwk, "x", spelled)), "x: not base64url without padding");
}

// RFC 7518 section 6.2.1.2: 32 octets, whatever the number.
TEST(ParseJwk, RefusesACoordinateWithoutItsLeadingZeros) {
  auto jwk = test::load_jwk("p256_x_leading_zero");
  const auto x = octets_of(jwk, "x");
  ASSERT_EQ(x.front(), 0);
  EXPECT_EQ(refusal(with(jwk, "x", base64url_encode(ByteView{x}.subspan(1)))), "x: 31 octets; P-256 has 32");
}

TEST(ParseJwk, RefusesACoordinateOfAnotherLength) {
  auto longer = octets_of(test::load_jwk("p256"), "y");
  longer.insert(longer.begin(), 0);
  EXPECT_EQ(refusal(with(test::load_jwk("p256"), "y", base64url_encode(longer))), "y: 33 octets; P-256 has 32");
  EXPECT_EQ(refusal(with(test::load_jwk("p521"), "crv", "P-384")), "x: 66 octets; P-384 has 48");
  EXPECT_EQ(refusal(with(test::load_jwk("ed25519"), "x", base64url_encode(Bytes(31, 9)))),
            "x: 31 octets; Ed25519 has 32");
}

// RFC 8725 section 3.4: the invalid curve attack.
TEST(ParseJwk, RefusesAPointThatIsNotOnTheCurve) {
  for (const auto* name : {"p256", "p384", "p521"}) {
    const auto jwk = test::load_jwk(name);
    auto y = octets_of(jwk, "y");
    y.back() ^= 1U;
    EXPECT_EQ(refusal(with(jwk, "y", base64url_encode(y))).find("x, y: not a point of P-"), 0U) << name;
    const Bytes zero(y.size(), 0);
    EXPECT_NE(refusal(with(with(jwk, "x", base64url_encode(zero)), "y", base64url_encode(zero))), "") << name;
    EXPECT_NE(refusal(with(jwk, "x", base64url_encode(Bytes(y.size(), 0xff)))), "") << name;
  }
}

// A coordinate from the field's prime on is another spelling of a point.
TEST(ParseJwk, RefusesACoordinateThatIsNotReduced) {
  // P-256 has points with x = 5; x + p still fits into 32 octets.
  const auto p_plus_5 = hex_decode("ffffffff00000001000000000000000000000001000000000000000000000004").value();
  const auto y = hex_decode("459243b9aa581806fe913bce99817ade11ca503c64d9a3c533415c083248fbcc").value();
  auto five = Bytes(32, 0);
  five.back() = 5;
  const nlohmann::json good{{"kty", "EC"}, {"crv", "P-256"}, {"x", base64url_encode(five)}, {"y", base64url_encode(y)}};
  EXPECT_EQ(refusal(good), "");
  EXPECT_NE(refusal(with(good, "x", base64url_encode(p_plus_5))), "");
}

TEST(ParseJwk, RefusesAnEd25519KeyThatIsNoPoint) {
  const auto points = test::load_vectors("python_cryptography").at("ed25519_points");
  EXPECT_EQ(refusal(with(test::load_jwk("ed25519"), "x", points.at("off_curve"))), "x: not a usable point of Ed25519");
  EXPECT_EQ(refusal(with(test::load_jwk("ed25519"), "x", points.at("small_order").at(0))),
            "x: not a usable point of Ed25519");
}

// RFC 7518 section 3.3.
TEST(ParseJwk, RefusesRsaOf1024Bits) {
  EXPECT_EQ(refusal(test::load_jwk("rsa1024")), "n: 1024 bits; 2048 to 8192 are accepted");
}

TEST(ParseJwk, HoldsTheBoundsOfTheModulusToTheBit) {
  const auto modulus = [](std::size_t octets, std::uint8_t first) {
    Bytes n(octets, 0xff);
    n.front() = first;
    return base64url_encode(n);
  };
  const auto jwk = test::load_jwk("rsa2048");
  EXPECT_EQ(refusal(with(jwk, "n", modulus(256, 0x7f))), "n: 2047 bits; 2048 to 8192 are accepted");
  EXPECT_EQ(refusal(with(jwk, "n", modulus(256, 0x80))), "");
  EXPECT_EQ(refusal(with(jwk, "n", modulus(1024, 0xff))), "");
  EXPECT_EQ(refusal(with(jwk, "n", modulus(1025, 0x01))), "n: 8193 bits; 2048 to 8192 are accepted");
}

// RFC 7518 section 2: Base64urlUInt has no leading zero octets.
TEST(ParseJwk, RefusesLeadingZeroOctets) {
  const auto jwk = test::load_jwk("rsa2048");
  auto n = octets_of(jwk, "n");
  n.insert(n.begin(), 0);
  EXPECT_EQ(refusal(with(jwk, "n", base64url_encode(n))), "n: leading zero octets");
  EXPECT_EQ(refusal(with(jwk, "e", "AAEAAQ")), "e: leading zero octets");
  EXPECT_EQ(refusal(with(jwk, "e", "AA")), "e: leading zero octets");
}

TEST(ParseJwk, RefusesAnExponentThatCannotBeOne) {
  const auto jwk = test::load_jwk("rsa2048");
  EXPECT_EQ(refusal(with(jwk, "e", "Aw")), "");
  EXPECT_EQ(refusal(with(jwk, "e", "AQ")), "e: not an odd number from 3");
  EXPECT_EQ(refusal(with(jwk, "e", "AQAA")), "e: not an odd number from 3");
  EXPECT_EQ(refusal(with(jwk, "e", base64url_encode(Bytes(8, 0xff)))), "");
  EXPECT_EQ(refusal(with(jwk, "e", base64url_encode(Bytes(9, 0xff)))), "e: longer than 64 bits");
}

TEST(ParseJwk, RefusesAnEvenModulus) {
  auto n = octets_of(test::load_jwk("rsa2048"), "n");
  n.back() &= 0xfe;
  EXPECT_EQ(refusal(with(test::load_jwk("rsa2048"), "n", base64url_encode(n))), "n: an even number");
}

TEST(ParseJwk, RefusesOtherCurves) {
  EXPECT_EQ(refusal(test::load_jwk("secp256k1")), "crv: not P-256, P-384 or P-521");
  EXPECT_EQ(refusal(with(test::load_jwk("ed25519"), "crv", "X25519")), "crv: not Ed25519");
  EXPECT_EQ(refusal(with(test::load_jwk("p256"), "crv", "p-256")), "crv: not P-256, P-384 or P-521");
}

// RFC 8725 section 3.1: one key, one algorithm.
TEST(ParseJwk, RefusesAnAlgorithmThatDoesNotFitTheKey) {
  EXPECT_EQ(refusal(with(test::load_jwk("p256"), "alg", "ES256")), "");
  EXPECT_EQ(refusal(with(test::load_jwk("p256"), "alg", "ES384")), "alg: does not fit the key");
  EXPECT_EQ(refusal(with(test::load_jwk("rsa2048"), "alg", "ES256")), "alg: does not fit the key");
  EXPECT_EQ(refusal(with(test::load_jwk("ed25519"), "alg", "RS256")), "alg: does not fit the key");
  EXPECT_EQ(refusal(with(test::load_jwk("rsa2048"), "alg", "RSA-OAEP-256")), "");
}

// RFC 7517 sections 4.2 and 4.3.
TEST(ParseJwk, KnowsWhatAKeyIsFor) {
  const auto may_verify = [](const char* name, nlohmann::json value) {
    return test::make_keys(with(test::load_jwk("p256"), name, std::move(value))).front().may_verify;
  };
  EXPECT_TRUE(may_verify("use", "sig"));
  EXPECT_FALSE(may_verify("use", "enc"));
  EXPECT_FALSE(may_verify("use", "x509-svid"));
  EXPECT_TRUE(may_verify("key_ops", {"verify"}));
  EXPECT_FALSE(may_verify("key_ops", {"deriveKey"}));
  EXPECT_FALSE(may_verify("key_ops", nlohmann::json::array()));
}

TEST(ParseJwk, LetsNoKeyVerifyWhoseUseAndOperationsDisagree) {
  auto value = test::load_jwk("p256");
  value.update({{"use", "enc"}, {"key_ops", {"verify"}}});
  EXPECT_FALSE(test::make_keys(value).front().may_verify);
}

TEST(ParseJwk, RefusesRepeatedOperations) {
  EXPECT_EQ(refusal(with(test::load_jwk("p256"), "key_ops", {"verify", "verify"})), "key_ops: a value stands twice");
  EXPECT_EQ(refusal(with(test::load_jwk("p256"), "key_ops", {"verify", 1})), "key_ops: not an array of strings");
}

// RFC 7517 section 4.8: SHA-1 alone names nothing.
TEST(ParseJwk, RefusesASha1ThumbprintAlone) {
  EXPECT_NE(refusal(with(test::load_jwk("p256"), "x5t", "4pNenEBLv0JpLIdugWxQkOsZcK0")), "");
  auto both = test::load_jwk("p256");
  both.update({{"x5t", "4pNenEBLv0JpLIdugWxQkOsZcK0"}, {"x5t#S256", base64url_encode(Bytes(32, 7))}});
  EXPECT_EQ(refusal(both), "");
}

TEST(ParseJwk, ReadsASha256Thumbprint) {
  const auto vectors = test::load_vectors("rfc8705_a");
  auto value = vectors.at("jwk");
  value.erase("x5c");
  value["x5t#S256"] = vectors.at("x5t_s256");
  const auto keys = test::make_keys(value);
  ASSERT_TRUE(keys.front().x5t_s256.has_value());
  EXPECT_EQ(keys.front().x5t_s256->to_base64url(), vectors.at("x5t_s256"));
}

TEST(ParseJwk, RefusesAThumbprintOfAnotherLengthOrSpelling) {
  EXPECT_EQ(refusal(with(test::load_jwk("p256"), "x5t#S256", base64url_encode(Bytes(20, 7)))),
            "x5t#S256: not 32 octets");
  // RFC 8705 section 3.1 prints a value whose unused bits are not zero.
  EXPECT_EQ(refusal(with(test::load_jwk("p256"), "x5t#S256", test::load_vectors("rfc8705_a").at("section_3_1_sample"))),
            "x5t#S256: not base64url without padding");
}

}  // namespace certbound::jose
