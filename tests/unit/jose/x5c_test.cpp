#include "jose/x5c.hpp"

#include "vectors.hpp"

namespace certbound::jose {

namespace {

nlohmann::json p256_with_x5c(nlohmann::json x5c) {
  auto jwk = test::load_jwk("p256");
  jwk["x5c"] = std::move(x5c);
  return jwk;
}

std::string certificate(const char* name) {
  return test::load_vectors("python_cryptography").at("x5c").at(name).get<std::string>();
}

}  // namespace

// RFC 8705 appendix A and RFC 7517 appendix B.
TEST(ParseX5c, ReadsThePublishedCertificates) {
  for (const auto* name : {"rfc8705_a", "rfc7517_b"}) {
    const auto vectors = test::load_vectors(name);
    const auto keys = test::make_keys(vectors.at("jwk"));
    ASSERT_EQ(keys.front().x5c.size(), 1U) << name;
    EXPECT_EQ(crypto::sha256(keys.front().x5c.front()).to_base64url(), vectors.at("x5t_s256")) << name;
    EXPECT_EQ(base64_encode(keys.front().x5c.front()), vectors.at("jwk").at("x5c").at(0)) << name;
  }
}

TEST(ParseX5c, ReadsAChain) {
  const auto keys = test::make_keys(p256_with_x5c({certificate("p256_leaf"), certificate("p384_issuer")}));
  ASSERT_EQ(keys.front().x5c.size(), 2U);
  EXPECT_EQ(base64_encode(keys.front().x5c.at(1)), certificate("p384_issuer"));
}

// RFC 7517 section 4.7: the key in the first certificate must match the other members.
TEST(ParseX5c, RefusesACertificateWithAnotherKey) {
  EXPECT_EQ(test::refusal(p256_with_x5c({certificate("p384_issuer")})),
            "x5c[0]: the certificate has another key than the JWK");
  EXPECT_EQ(test::refusal(p256_with_x5c({certificate("p384_issuer"), certificate("p256_leaf")})),
            "x5c[0]: the certificate has another key than the JWK");
}

// RFC 7517 section 4.7: base64, not base64url.
TEST(ParseX5c, RefusesBase64urlAndMissingPadding) {
  const auto der = base64_decode(certificate("p256_leaf")).value();
  const auto url = base64url_encode(der);
  ASSERT_NE(url.find_first_of("-_"), std::string::npos);
  EXPECT_EQ(test::refusal(p256_with_x5c({url})).find("x5c[0]: not base64"), 0U);
  EXPECT_EQ(test::refusal(p256_with_x5c({certificate("p256_leaf") + "\n"})).find("x5c[0]: not base64"), 0U);
  EXPECT_EQ(test::refusal(p256_with_x5c({certificate("p256_leaf").insert(64, "\n")})).find("x5c[0]: not base64"), 0U);
}

TEST(ParseX5c, RefusesWhatIsNotOneCertificate) {
  auto der = base64_decode(certificate("p256_leaf")).value();
  der.push_back(0);
  EXPECT_EQ(test::refusal(p256_with_x5c({base64_encode(der)})), "x5c[0]: not a certificate in DER");
  der.resize(der.size() - 2);
  EXPECT_EQ(test::refusal(p256_with_x5c({base64_encode(der)})), "x5c[0]: not a certificate in DER");
  EXPECT_EQ(test::refusal(p256_with_x5c({certificate("p256_leaf"), "AAAA"})), "x5c[1]: not a certificate in DER");
  EXPECT_EQ(test::refusal(p256_with_x5c({""})), "x5c[0]: not a certificate in DER");
}

TEST(ParseX5c, RefusesOtherShapes) {
  EXPECT_EQ(test::refusal(p256_with_x5c(certificate("p256_leaf"))), "x5c: not an array of certificates");
  EXPECT_EQ(test::refusal(p256_with_x5c(nlohmann::json::array())), "x5c: not an array of certificates");
  EXPECT_EQ(test::refusal(p256_with_x5c({certificate("p256_leaf"), 7})), "x5c[1]: not a string");
  EXPECT_EQ(test::refusal(p256_with_x5c(nlohmann::json::array_t(11, certificate("p256_leaf")))),
            "x5c: more than 10 certificates");
}

// RFC 7517 section 4.9: the thumbprint is that of the first certificate.
TEST(ParseX5c, MustAgreeWithTheThumbprint) {
  auto jwk = p256_with_x5c({certificate("p256_leaf")});
  jwk["x5t#S256"] = certificate("p256_leaf_x5t_s256");
  EXPECT_EQ(test::refusal(jwk), "");
  jwk["x5t#S256"] = base64url_encode(Bytes(32, 7));
  EXPECT_EQ(test::refusal(jwk), "x5t#S256: not the thumbprint of x5c[0]");
}

}  // namespace certbound::jose
