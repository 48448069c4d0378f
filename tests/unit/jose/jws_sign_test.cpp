#include "jose/jws_sign.hpp"

#include <array>
#include <set>

#include <openssl/evp.h>

#include "jose/jws_verify.hpp"
#include "vectors.hpp"

namespace certbound::jose {

namespace {

using model::SigningAlgorithm;

constexpr std::array kSigningAlgorithms{SigningAlgorithm::es256, SigningAlgorithm::ps256, SigningAlgorithm::eddsa,
                                        SigningAlgorithm::rs256};

std::vector<Jwk> public_half(const EVP_PKEY& key) { return test::make_keys(to_jwk(key).operator*()); }

Result<VerifiedJws> verify_with(const std::string& token, const std::vector<Jwk>& keys, SigningAlgorithm algorithm) {
  return verify_compact(token, keys, std::array{model::name(algorithm)});
}

std::string header_of(SigningAlgorithm algorithm) {
  return R"({"alg":")" + std::string{model::name(algorithm)} + R"("})";
}

}  // namespace

// RFC 7515 section 3.1, for each algorithm of ours.
TEST(SignCompact, MakesATokenThatVerifies) {
  for (const SigningAlgorithm algorithm : kSigningAlgorithms) {
    const auto key = crypto::make_key(key_type_for(algorithm));
    ASSERT_TRUE(key);
    auto signer = Signer::make(**key, algorithm);
    ASSERT_TRUE(signer) << signer.error().detail;
    EXPECT_EQ(signer->algorithm(), algorithm);

    const auto token = sign_compact(*signer, header_of(algorithm), R"({"sub":"a"})");
    ASSERT_TRUE(token);
    const auto verified = verify_with(*token, public_half(**key), algorithm);
    ASSERT_TRUE(verified) << verified.error().detail;
    EXPECT_EQ(verified->header_json, header_of(algorithm));
    EXPECT_EQ(verified->payload, R"({"sub":"a"})");
  }
}

// One context serves many messages; each must have a signature of its own.
TEST(AppendSignature, StaysRightOverAThousandMessages) {
  for (const SigningAlgorithm algorithm : kSigningAlgorithms) {
    const bool is_rsa = key_type_for(algorithm) == crypto::KeyType::rsa_2048;
    const auto key = crypto::make_key(key_type_for(algorithm));
    ASSERT_TRUE(key);
    auto signer = Signer::make(**key, algorithm);
    ASSERT_TRUE(signer);
    const auto keys = public_half(**key);
    std::set<std::string> tokens;
    const int count = is_rsa ? 200 : 1000;
    for (int i = 0; i < count; ++i) {
      const auto token = sign_compact(*signer, header_of(algorithm), "{\"n\":" + std::to_string(i) + "}");
      ASSERT_TRUE(token);
      const auto verified = verify_with(*token, keys, algorithm);
      ASSERT_TRUE(verified) << model::name(algorithm) << " " << i << ": " << verified.error().detail;
      tokens.insert(*token);
    }
    EXPECT_EQ(tokens.size(), static_cast<std::size_t>(count));
  }
}

// RFC 7518 section 3.4: always 64 octets, whatever the lengths of the numbers in OpenSSL's DER.
TEST(AppendSignature, WritesEs256In86Characters) {
  const auto key = test::load_private_key("p256");
  auto signer = Signer::make(*key, SigningAlgorithm::es256);
  ASSERT_TRUE(signer);
  bool leading_zero_seen = false;
  for (int i = 0; i < 2000; ++i) {
    std::string out;
    ASSERT_TRUE(signer->append_signature(out, "message"));
    ASSERT_EQ(out.size(), 86U);
    const auto raw = base64url_decode(out);
    ASSERT_TRUE(raw.has_value());
    leading_zero_seen = leading_zero_seen || raw->at(0) == 0 || raw->at(32) == 0;
  }
  EXPECT_TRUE(leading_zero_seen) << "2000 signatures without a short number: the test shows nothing";
}

// RFC 8037 appendix A.4: the signature is deterministic.
TEST(SignCompact, GivesThePublishedEd25519Signature) {
  const auto vectors = test::load_vectors("rfc8037");
  const auto d = base64url_decode(vectors.at("d").get<std::string>()).value();
  const crypto::KeyHandle key{EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, d.data(), d.size())};
  ASSERT_TRUE(key);
  auto signer = Signer::make(*key, SigningAlgorithm::eddsa);
  ASSERT_TRUE(signer);
  for (int i = 0; i < 3; ++i) {
    const auto token = sign_compact(*signer, R"({"alg":"EdDSA"})", "Example of Ed25519 signing");
    ASSERT_TRUE(token);
    EXPECT_EQ(*token, vectors.at("jws"));
  }
}

// PKCS #1 v1.5 is deterministic: the octets of another tool.
TEST(SignCompact, GivesTheRs256SignatureOfAnotherTool) {
  const auto expected = test::load_vectors("python_cryptography").at("tokens").at("RS256").at("jws").get<std::string>();
  const auto key = test::load_private_key("rsa2048");
  auto signer = Signer::make(*key, SigningAlgorithm::rs256);
  ASSERT_TRUE(signer);
  const auto token = sign_compact(*signer, R"({"alg":"RS256"})", R"({"iss":"vectors","n":1})");
  ASSERT_TRUE(token);
  EXPECT_EQ(*token, expected);
}

// RFC 7515 section 5.1: the input may be a part of the buffer that grows.
TEST(AppendSignature, SignsAPartOfItsOwnOutput) {
  const auto key = test::load_private_key("ed25519");
  auto signer = Signer::make(*key, SigningAlgorithm::eddsa);
  ASSERT_TRUE(signer);
  std::string out = "abc.def";
  out.shrink_to_fit();
  ASSERT_TRUE(signer->append_signature(out, std::string_view{out}));
  std::string apart;
  ASSERT_TRUE(signer->append_signature(apart, "abc.def"));
  EXPECT_EQ(out, "abc.def" + apart);
}

TEST(MakeSigner, RefusesAKeyThatDoesNotFit) {
  for (const auto& [name, algorithm] :
       {std::pair{"p384", SigningAlgorithm::es256}, std::pair{"rsa2048", SigningAlgorithm::es256},
        std::pair{"p256", SigningAlgorithm::ps256}, std::pair{"ed25519", SigningAlgorithm::rs256},
        std::pair{"p256", SigningAlgorithm::eddsa}, std::pair{"rsa1024", SigningAlgorithm::rs256}}) {
    const auto signer = Signer::make(*test::load_private_key(name), algorithm);
    ASSERT_FALSE(signer) << name;
    EXPECT_EQ(signer.error().code, ErrorCode::server_error);
  }
}

TEST(MakeSigner, RefusesAKeyWithoutItsPrivateHalf) {
  for (const auto& [name, algorithm] :
       {std::pair{"p256", SigningAlgorithm::es256}, std::pair{"rsa2048", SigningAlgorithm::ps256},
        std::pair{"rsa2048", SigningAlgorithm::rs256}, std::pair{"ed25519", SigningAlgorithm::eddsa}}) {
    const auto keys = test::make_keys(test::load_jwk(name));
    const auto signer = Signer::make(*keys.front().key, algorithm);
    ASSERT_FALSE(signer) << name;
    EXPECT_EQ(signer.error().code, ErrorCode::server_error);
  }
}

TEST(MakeSigner, KeepsTheKeyAlive) {
  auto key = test::load_private_key("p256");
  const auto keys = public_half(*key);
  auto made = Signer::make(*key, SigningAlgorithm::es256);
  ASSERT_TRUE(made);
  Signer signer = *std::move(made);
  key.reset();
  const auto token = sign_compact(signer, R"({"alg":"ES256"})", "{}");
  ASSERT_TRUE(token);
  EXPECT_TRUE(verify_with(*token, keys, SigningAlgorithm::es256));
}

}  // namespace certbound::jose
