// Tokens that a lax verifier accepts: the traps of RFC 8725 and of Project Wycheproof, through the whole of the
// library.
#include <array>
#include <vector>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/json.hpp"
#include "crypto/handle.hpp"
#include "issuer.hpp"

namespace certbound::verifier {

namespace {

using model::SigningAlgorithm;
using test::good_claims;
using test::Issuer;
using test::reason_of;

std::string encode(std::string_view text) { return base64url_encode(as_bytes(text)); }

/// A token with an HMAC, as one makes it who takes the public key for the secret.
std::string hmac_token(const std::string& header, std::string_view secret) {
  const std::string input = encode(header) + "." + encode(good_claims().dump());
  const crypto::KeyHandle key{EVP_PKEY_new_raw_private_key(
      EVP_PKEY_HMAC, nullptr, reinterpret_cast<const unsigned char*>(secret.data()), secret.size())};
  const crypto::DigestContextHandle context{EVP_MD_CTX_new()};
  Bytes mac(32);
  std::size_t length = mac.size();
  EXPECT_EQ(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()), 1);
  EXPECT_EQ(EVP_DigestSign(context.get(), mac.data(), &length, reinterpret_cast<const unsigned char*>(input.data()),
                           input.size()),
            1);
  return input + "." + base64url_encode(mac);
}

std::string public_pem(const Issuer& issuer) {
  const crypto::BioHandle bio{BIO_new(BIO_s_mem())};
  PEM_write_bio_PUBKEY(bio.get(), &issuer.key());
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(length)};
}

}  // namespace

class HostileTokens : public testing::Test {
 protected:
  [[nodiscard]] std::string_view refusal_of(std::string_view token) const {
    return reason_of(verifier_.verify(token, test::presented()));
  }
  [[nodiscard]] std::string signed_with(const nlohmann::json& header_changes) const {
    auto header = issuer_.header();
    header.merge_patch(header_changes);
    return issuer_.sign(header.dump(), good_claims().dump());
  }

  Issuer issuer_;
  TokenVerifier verifier_{test::options_for(issuer_)};
};

TEST_F(HostileTokens, WithoutASignature) {
  const std::string claims = encode(good_claims().dump());
  for (const auto* none : {"none", "None", "NONE", "nOnE", ""}) {
    auto header = issuer_.header();
    header["alg"] = none;
    EXPECT_EQ(refusal_of(encode(header.dump()) + "." + claims + "."), "header_refused") << none;
  }
  const std::string token = issuer_.token();
  EXPECT_EQ(refusal_of(token.substr(0, token.rfind('.') + 1)), "signature_wrong");
  EXPECT_EQ(refusal_of(token.substr(0, token.rfind('.'))), "token_malformed");
}

// The key is public; whoever takes it for an HMAC's secret accepts what anybody makes.
TEST_F(HostileTokens, WithAnHmacOfThePublicKey) {
  const std::string jwk = issuer_.jwk().dump();
  for (const std::string& secret :
       {public_pem(issuer_), jwk, issuer_.jwk().at("x").get<std::string>(), std::string{"x"}}) {
    EXPECT_EQ(refusal_of(hmac_token(R"({"alg":"HS256","kid":"k1","typ":"at+jwt"})", secret)), "header_refused");
    EXPECT_EQ(refusal_of(hmac_token(R"({"alg":"ES256","kid":"k1","typ":"at+jwt"})", secret)), "signature_wrong");
  }
}

TEST_F(HostileTokens, WithAnAlgorithmOfAnotherKey) {
  for (const auto* algorithm : {"RS256", "PS256", "EdDSA"}) {
    EXPECT_EQ(refusal_of(signed_with({{"alg", algorithm}})), "key_unknown") << algorithm;
  }
  for (const auto* algorithm : {"ES384", "ES512", "ES256K", "es256", "RS1", "A128GCM", "dir"}) {
    EXPECT_EQ(refusal_of(signed_with({{"alg", algorithm}})), "header_refused") << algorithm;
  }
  // One RSA key, two paddings: the key says which.
  const Issuer rsa{"r", SigningAlgorithm::rs256};
  auto jwk = rsa.jwk();
  jwk["alg"] = "PS256";
  auto options = test::options_for(rsa);
  options.jwks = nlohmann::json{{"keys", {jwk}}}.dump();
  EXPECT_EQ(reason_of(TokenVerifier{std::move(options)}.verify(rsa.token(), test::presented())), "key_unknown");
}

// RFC 7515 sections 4.1.2 to 4.1.8: whoever brings the key with the token proves nothing.
TEST_F(HostileTokens, WithAKeyOfTheirOwn) {
  const Issuer attacker{"k1"};
  auto header = attacker.header();
  header["jwk"] = attacker.jwk();
  EXPECT_EQ(refusal_of(attacker.sign(header.dump(), good_claims().dump())), "signature_wrong");
  header.erase("kid");
  EXPECT_EQ(refusal_of(attacker.sign(header.dump(), good_claims().dump())), "signature_wrong");
  for (const auto* member : {"jku", "x5u"}) {
    header = attacker.header();
    header["kid"] = "attacker";
    header[member] = "https://127.0.0.1:1/keys";
    EXPECT_EQ(refusal_of(attacker.sign(header.dump(), good_claims().dump())), "key_unknown") << member;
  }
  header["x5c"] = {base64_encode(as_bytes("x"))};
  EXPECT_EQ(refusal_of(attacker.sign(header.dump(), good_claims().dump())), "key_unknown");
}

TEST_F(HostileTokens, WithAKidThatIsNoName) {
  for (const auto* kid : {"../../etc/passwd", "k1' OR '1'='1", "", "K1", "k1 ", "http://127.0.0.1/"}) {
    EXPECT_EQ(refusal_of(signed_with({{"kid", kid}})), "key_unknown") << kid;
  }
  EXPECT_EQ(refusal_of(signed_with({{"kid", 1}})), "header_refused");
  EXPECT_EQ(refusal_of(signed_with({{"kid", {"k1"}}})), "header_refused");
}

// RFC 7515 section 4.1.11, RFC 7797.
TEST_F(HostileTokens, WithADemandThatIsNotUnderstood) {
  EXPECT_EQ(refusal_of(signed_with({{"crit", {"exp"}}, {"exp", 1}})), "header_refused");
  EXPECT_EQ(refusal_of(signed_with({{"crit", nlohmann::json::array()}})), "header_refused");
  EXPECT_EQ(refusal_of(signed_with({{"crit", "typ"}})), "header_refused");
  EXPECT_EQ(refusal_of(signed_with({{"b64", false}, {"crit", {"b64"}}})), "header_refused");
}

// Two parsers, two tokens.
TEST_F(HostileTokens, WithAMemberTwice) {
  for (const auto* header : {R"({"alg":"ES256","kid":"k1","typ":"at+jwt","alg":"ES256"})",
                             R"({"alg":"none","kid":"k1","typ":"at+jwt","alg":"ES256"})",
                             R"({"alg":"ES256","kid":"k1","typ":"JWT","typ":"at+jwt"})",
                             R"({"alg":"ES256","\u0061lg":"none","typ":"at+jwt"})"}) {
    EXPECT_EQ(refusal_of(issuer_.sign(header, good_claims().dump())), "token_malformed") << header;
  }
  const std::string claims = good_claims().dump();
  for (const auto* member : {R"("aud":"https://api.example.com",)", R"("exp":99999999999,)", R"("cnf":{},)"}) {
    EXPECT_EQ(refusal_of(issuer_.sign(issuer_.header().dump(), "{" + std::string{member} + claims.substr(1))),
              "claims_malformed")
        << member;
  }
  EXPECT_EQ(refusal_of(
                issuer_.sign(issuer_.header().dump(), R"({"cnf":{"x5t#S256":"a","x5t#S256":"b"},)" + claims.substr(1))),
            "claims_malformed");
}

// RFC 7515 sections 2 and 7.1: one spelling for one token, or a denied one comes back in another.
TEST_F(HostileTokens, InAnotherSpelling) {
  const std::string token = issuer_.token();
  ASSERT_TRUE(verifier_.verify(token, test::presented()));
  const std::size_t first = token.find('.');
  const std::size_t second = token.rfind('.');
  for (const std::string& other :
       {token + "=", token + "==", token + "\n", " " + token, token + ".", token + ".e30", "." + token,
        token + std::string(1, '\0'), token.substr(0, first) + "=" + token.substr(first),
        token.substr(0, second) + "=" + token.substr(second), token.substr(0, first) + "." + token.substr(first),
        token.substr(0, 5) + "\n" + token.substr(5), token.substr(0, 5) + "+" + token.substr(6),
        token.substr(0, 5) + "/" + token.substr(6), std::string{}, std::string{"."}, std::string{".."},
        std::string{"e30.e30.e30"}, R"({"payload":"e30","signatures":[]})" + std::string{}}) {
    EXPECT_NE(refusal_of(other), "") << other;
  }
  // 64 octets leave two unused bits in the last character.
  for (const char c : {'B', 'C', 'D', 'x', 'z', '9'}) {
    std::string other = token;
    other.back() = c;
    if (other == token) continue;
    EXPECT_NE(refusal_of(other), "") << c;
  }
}

TEST_F(HostileTokens, ChangedAnywhere) {
  const std::string token = issuer_.token();
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_NE(refusal_of(changed), "") << i;
    EXPECT_NE(refusal_of(std::string_view{token}.substr(0, i)), "") << i;
  }
}

// CVE-2022-21449 and its kind; RFC 7518 section 3.4: R‖S, each of the curve's length.
TEST_F(HostileTokens, WithASignatureOutOfRange) {
  const std::string token = issuer_.token();
  const std::string input = token.substr(0, token.rfind('.') + 1);
  const Bytes good = *base64url_decode(token.substr(input.size()));
  const Bytes order = *hex_decode("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
  const auto with_halves = [&input](ByteView r, ByteView s) {
    Bytes raw{r.begin(), r.end()};
    raw.insert(raw.end(), s.begin(), s.end());
    return input + base64url_encode(raw);
  };
  const ByteView r = ByteView{good}.first(32);
  const ByteView s = ByteView{good}.last(32);
  const Bytes zero(32, 0);
  const Bytes ones(32, 0xff);
  for (const auto& half : {zero, order, ones}) {
    EXPECT_EQ(refusal_of(with_halves(half, s)), "signature_wrong");
    EXPECT_EQ(refusal_of(with_halves(r, half)), "signature_wrong");
    EXPECT_EQ(refusal_of(with_halves(half, half)), "signature_wrong");
  }
  EXPECT_EQ(refusal_of(with_halves(s, r)), "signature_wrong");
  for (std::size_t length = 0; length < 140; ++length) {
    if (length == good.size()) continue;
    Bytes other = good;
    other.resize(length);
    EXPECT_EQ(refusal_of(input + base64url_encode(other)), "signature_wrong") << length;
  }
}

// RFC 8725 section 3.4: a key of another curve under the right name.
TEST_F(HostileTokens, WhereTheKeyIsOfAnotherCurve) {
  const auto vectors = load_file(std::string{CERTBOUND_FIXTURES} + "/jose/python_cryptography.json");
  const auto keys = parse_json(*vectors, JsonLimits{.max_bytes = 1UL << 20, .max_depth = 8})->at("jwk");
  for (const auto* name : {"p384", "p521", "ed25519", "rsa2048"}) {
    auto jwk = keys.at(name);
    jwk["kid"] = "k1";
    auto options = test::options_for(issuer_);
    options.jwks = nlohmann::json{{"keys", {jwk}}}.dump();
    EXPECT_EQ(reason_of(TokenVerifier{std::move(options)}.verify(issuer_.token(), test::presented())), "key_unknown")
        << name;
  }
}

// A line of the log that a stranger has written.
TEST_F(HostileTokens, WithTextForTheLog) {
  for (const auto* header : {R"({"x\n{\"event\":\"accepted\"}":1,"x\n{\"event\":\"accepted\"}":1})",
                             R"({"alg":"ES256\n\u001b[2J"})", R"({"alg":"ES256","kid":"\n\u0085\u2028x"})"}) {
    const auto decision = verifier_.verify(encode(header) + ".e30.e30", test::presented());
    ASSERT_FALSE(decision);
    for (const char c : decision.refusal().detail) EXPECT_TRUE(c >= 0x20 && c <= 0x7e) << decision.refusal().detail;
  }
}

// product.md section 8: every buffer a bound.
TEST_F(HostileTokens, TooLarge) {
  EXPECT_EQ(refusal_of(std::string(16385, 'A')), "token_malformed");
  EXPECT_EQ(refusal_of(std::string(10UL << 20, '.')), "token_malformed");
  EXPECT_EQ(refusal_of(std::string(16384, '.')), "token_malformed");
  auto claims = good_claims();
  claims["x"] = std::string(13000, 'x');
  EXPECT_EQ(refusal_of(issuer_.token(claims)), "token_malformed");
  claims["x"] = std::string(11000, 'x');
  EXPECT_TRUE(verifier_.verify(issuer_.token(claims), test::presented()));
  const std::string deep = std::string(5000, '[') + std::string(5000, ']');
  EXPECT_EQ(refusal_of(issuer_.sign(issuer_.header().dump(), R"({"x":)" + deep + "," + good_claims().dump().substr(1))),
            "claims_malformed");
  EXPECT_EQ(refusal_of(issuer_.sign(R"({"x":)" + deep + "," + issuer_.header().dump().substr(1), good_claims().dump())),
            "token_malformed");
}

}  // namespace certbound::verifier
