#include "proof/dpop_proof.hpp"

#include <array>

#include "jose/jws_sign.hpp"
#include "jose/jws_verify.hpp"
#include "unit/jose/vectors.hpp"

namespace certbound::proof {

namespace {

using Json = nlohmann::json;

constexpr std::array<std::string_view, 9> kAlgorithms{"ES256", "ES384", "ES512", "PS256",  "PS384",
                                                      "PS512", "RS256", "EdDSA", "Ed25519"};
constexpr WallTime kIssuedAt{std::chrono::seconds{1768478400}};
constexpr std::string_view kUrl = "https://as.example.com/token";

const Json& proofs() {
  static const Json vectors = jose::test::load_vectors("dpop_proofs");
  return vectors;
}

std::string accepted_proof(const std::string& name = "ES256") {
  return proofs().at("accepted").at(name).get<std::string>();
}

/// As the fixtures name them.
std::string_view step_name(DpopStep step) {
  constexpr std::array<std::string_view, 10> kNames{"take_apart", "type", "algorithm", "key",           "signature",
                                                    "method",     "url",  "expired",   "not_yet_valid", "access_token"};
  return kNames.at(static_cast<std::size_t>(step));
}

/// A proof with other claims, signed by the key of the fixtures that signed the good one.
std::string signed_proof(const Json& changes) {
  const auto der = base64_decode(proofs().at("private_key").get<std::string>());
  auto key = crypto::parse_pkcs8(der.value());
  auto signer = jose::Signer::make(**key, model::SigningAlgorithm::es256);
  Json claims = proofs().at("claims");
  claims.update(changes);
  const auto good = jose::split_compact(accepted_proof());
  return *jose::sign_compact(*signer, good->header_json, claims.dump());
}

DpopProof verified_proof(const std::string& text) {
  DpopStep step{};
  auto proof = verify_dpop_proof(text, kAlgorithms, step);
  if (!proof) throw std::runtime_error{proof.error().detail};
  return *std::move(proof);
}

DpopExpectation expectation_at(std::chrono::seconds age) {
  DpopExpectation expectation;
  expectation.method = "POST";
  expectation.url = kUrl;
  expectation.now = kIssuedAt + age;
  return expectation;
}

/// The step that refuses; empty where none does.
std::string refusing_step(const DpopProof& proof, const DpopExpectation& expectation) {
  DpopStep step{};
  const auto checked = check_dpop_proof(proof, expectation, step);
  if (checked) return {};
  EXPECT_EQ(checked.error().code, ErrorCode::invalid_request);
  return std::string{step_name(step)};
}

std::string refusing_step(const Json& changes) {
  return refusing_step(verified_proof(signed_proof(changes)), expectation_at(std::chrono::seconds{0}));
}

}  // namespace

// RFC 9449 sections 4.1, 5 and 7.1: V9449-1 to V9449-3.
TEST(VerifyDpopProof, AcceptsThePublishedProofs) {
  const auto vectors = jose::test::load_vectors("rfc9449");
  struct Row {
    const char* name;
    const char* jti;
    const char* htm;
    const char* htu;
    long long iat;
    std::optional<std::string> ath;
  };
  const Row rows[] = {
      {"token_request_proof", "-BwC3ESc6acc2lTc", "POST", "https://server.example.com/token", 1562262616, {}},
      {"refresh_proof", "-BwC3ESc6acc2lTc", "POST", "https://server.example.com/token", 1562265296, {}},
      {"resource_proof", "e1j3V_bKic8-LAEB", "GET", "https://resource.example.org/protectedresource", 1562262618,
       "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"}};
  for (const Row& row : rows) {
    const auto proof = verified_proof(vectors.at(row.name).get<std::string>());
    EXPECT_EQ(proof.key.to_base64url(), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I") << row.name;
    EXPECT_EQ(proof.jti, row.jti) << row.name;
    EXPECT_EQ(proof.htm, row.htm) << row.name;
    EXPECT_EQ(proof.htu, row.htu) << row.name;
    EXPECT_EQ(unix_seconds(proof.issued_at), row.iat) << row.name;
    EXPECT_EQ(proof.ath, row.ath) << row.name;
    EXPECT_EQ(proof.nonce, std::nullopt) << row.name;
  }
}

// 9449-4.3-6, 9449-4.3-14: every algorithm, with parameters and claims that nobody asked for.
TEST(VerifyDpopProof, AcceptsEveryGoodProofOfAnotherTool) {
  const auto& accepted = proofs().at("accepted");
  EXPECT_EQ(accepted.size(), 14U);
  for (const auto& [name, proof] : accepted.items()) {
    DpopStep step{};
    const auto verified = verify_dpop_proof(proof.get<std::string>(), kAlgorithms, step);
    ASSERT_TRUE(verified) << name << ": " << verified.error().detail;
    EXPECT_EQ(step, DpopStep::signature) << name;
    EXPECT_EQ(verified->issued_at, kIssuedAt) << name;
    EXPECT_EQ(refusing_step(*verified, expectation_at(std::chrono::seconds{1})), "") << name;
  }
  for (const auto& [algorithm, thumbprint] : proofs().at("thumbprints").items()) {
    EXPECT_EQ(verified_proof(accepted_proof(algorithm)).key.to_base64url(), thumbprint) << algorithm;
  }
}

// 9449-4.3-2 to 9449-4.3-7, 9449-4.3-13, 9449-11.6-1.
TEST(VerifyDpopProof, RefusesEveryBrokenProofOfAnotherToolAtItsStep) {
  const auto& refused = proofs().at("refused");
  EXPECT_EQ(refused.size(), 92U);
  for (const auto& [name, broken] : refused.items()) {
    DpopStep step{};
    const auto verified = verify_dpop_proof(broken.at("proof").get<std::string>(), kAlgorithms, step);
    ASSERT_FALSE(verified) << name;
    EXPECT_EQ(verified.error().code, ErrorCode::invalid_request) << name;
    EXPECT_EQ(step_name(step), broken.at("step").get<std::string>()) << name << ": " << verified.error().detail;
  }
}

// RFC 8725 section 3.1: the header selects from the list and adds nothing to it.
TEST(VerifyDpopProof, HoldsToTheAllowList) {
  constexpr std::array<std::string_view, 3> kFapi{"ES256", "PS256", "EdDSA"};
  constexpr std::array<std::string_view, 3> kCareless{"none", "HS256", "HS512"};
  const auto step_with = [](std::span<const std::string_view> algorithms, const std::string& proof) {
    DpopStep step{};
    return verify_dpop_proof(proof, algorithms, step) ? std::string{} : std::string{step_name(step)};
  };
  EXPECT_EQ(step_with(kFapi, accepted_proof("PS256")), "");
  EXPECT_EQ(step_with(kFapi, accepted_proof("Ed25519")), "");
  EXPECT_EQ(step_with(kFapi, accepted_proof("RS256")), "algorithm");
  EXPECT_EQ(step_with(kFapi, accepted_proof("ES384")), "algorithm");
  EXPECT_EQ(step_with({}, accepted_proof("ES256")), "algorithm");
  for (const char* name : {"none", "hs256_oct", "hs256_public_key"}) {
    EXPECT_EQ(step_with(kCareless, proofs().at("refused").at(name).at("proof").get<std::string>()), "algorithm");
  }
}

// 9449-4.3-6: no character of a proof can be another one.
TEST(VerifyDpopProof, RefusesAnyOtherCharacterAnywhere) {
  const std::string good = accepted_proof();
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string changed = good;
    changed[i] = good[i] == 'A' ? 'B' : 'A';
    DpopStep step{};
    EXPECT_FALSE(verify_dpop_proof(changed, kAlgorithms, step)) << i;
  }
}

TEST(VerifyDpopProof, RefusesEveryPartOfAProof) {
  const std::string good = accepted_proof();
  for (std::size_t i = 0; i < good.size(); ++i) {
    DpopStep step{};
    EXPECT_FALSE(verify_dpop_proof(good.substr(0, i), kAlgorithms, step)) << i;
    EXPECT_FALSE(verify_dpop_proof(good.substr(i + 1), kAlgorithms, step)) << i;
    EXPECT_FALSE(verify_dpop_proof(good.substr(0, i) + "." + good.substr(i), kAlgorithms, step)) << i;
  }
}

// The limits are reached, not passed.
TEST(VerifyDpopProof, AcceptsTheLongestJtiAndUrl) {
  const std::string jti(kMaximumJtiBytes, 'j');
  const std::string url = std::string{kUrl} + "?" + std::string(2048 - kUrl.size() - 1, 'q');
  const auto proof = verified_proof(signed_proof({{"jti", jti}, {"htu", url}, {"nonce", "n"}, {"ath", "a"}}));
  EXPECT_EQ(proof.jti, jti);
  EXPECT_EQ(proof.nonce, "n");
  EXPECT_EQ(proof.ath, "a");
  EXPECT_EQ(refusing_step(proof, expectation_at(std::chrono::seconds{0})), "");
}

// 9449-4.3-8.
TEST(CheckDpopProof, RefusesAnotherMethod) {
  EXPECT_EQ(refusing_step({{"htm", "GET"}}), "method");
  EXPECT_EQ(refusing_step({{"htm", "post"}}), "method");
  EXPECT_EQ(refusing_step({{"htm", "POST "}}), "method");
  EXPECT_EQ(refusing_step({{"htm", "POST"}}), "");
}

// 9449-4.3-9, 9449-4.3-10.
TEST(CheckDpopProof, ComparesTheUrlAfterNormalizing) {
  for (const char* url : {"https://as.example.com/token?x=1#f", "HTTPS://AS.Example.com:443/token",
                          "https://as.example.com/%74oken", "https://as.example.com/a/../token"}) {
    EXPECT_EQ(refusing_step({{"htu", url}}), "") << url;
  }
  for (const char* url :
       {"https://as.example.com/tokens", "https://as.example.com/token/", "https://as.example.com/",
        "https://as.example.com/Token", "http://as.example.com/token", "https://as.example.com:8443/token",
        "https://as.example.com./token", "https://mtls.example.com/token", "https://x@as.example.com/token", "/token",
        "token", "https://as.example.com/token%00", "https://as.example.com/token "}) {
    EXPECT_EQ(refusing_step({{"htu", url}}), "url") << url;
  }
}

// 9449-4.3-12: from 10 seconds ahead to less than 60 seconds old.
TEST(CheckDpopProof, HoldsToTheWindow) {
  const auto proof = verified_proof(accepted_proof());
  const auto step_at = [&proof](int age) { return refusing_step(proof, expectation_at(std::chrono::seconds{age})); };
  EXPECT_EQ(step_at(-3600), "not_yet_valid");
  EXPECT_EQ(step_at(-11), "not_yet_valid");
  EXPECT_EQ(step_at(-10), "");
  EXPECT_EQ(step_at(-8), "");
  EXPECT_EQ(step_at(0), "");
  EXPECT_EQ(step_at(10), "");
  EXPECT_EQ(step_at(59), "");
  EXPECT_EQ(step_at(60), "expired");
  EXPECT_EQ(step_at(3600), "expired");
}

TEST(CheckDpopProof, TakesTheLastDateThereIs) {
  const auto proof = verified_proof(signed_proof({{"iat", 253402300799}}));
  EXPECT_EQ(refusing_step(proof, expectation_at(std::chrono::seconds{0})), "not_yet_valid");
}

// RFC 9449 sections 4.3 and 7.1: V9449-3 with its access token.
TEST(CheckDpopProof, ComparesTheAccessToken) {
  const auto proof = verified_proof(jose::test::load_vectors("rfc9449").at("resource_proof").get<std::string>());
  DpopExpectation expectation;
  expectation.method = "GET";
  expectation.url = "https://resource.example.org/protectedresource";
  expectation.now = proof.issued_at;
  EXPECT_EQ(refusing_step(proof, expectation), "");
  expectation.access_token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
  EXPECT_EQ(refusing_step(proof, expectation), "");
  expectation.access_token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxV";
  EXPECT_EQ(refusing_step(proof, expectation), "access_token");
  expectation.access_token = "";
  EXPECT_EQ(refusing_step(proof, expectation), "access_token");
}

TEST(CheckDpopProof, WantsAthInItsOneSpelling) {
  auto expectation = expectation_at(std::chrono::seconds{0});
  expectation.access_token = "token";
  const std::string right = crypto::sha256(std::string_view{"token"}).to_base64url();
  const auto step_of = [&expectation](const Json& changes) {
    return refusing_step(verified_proof(signed_proof(changes)), expectation);
  };
  EXPECT_EQ(step_of({{"ath", right}}), "");
  EXPECT_EQ(step_of(Json::object()), "access_token");
  EXPECT_EQ(step_of({{"ath", ""}}), "access_token");
  EXPECT_EQ(step_of({{"ath", right + "="}}), "access_token");
  EXPECT_EQ(step_of({{"ath", right.substr(0, 42)}}), "access_token");
  EXPECT_EQ(step_of({{"ath", hex_encode(crypto::sha256(std::string_view{"token"}).octets)}}), "access_token");
}

// RFC 9449 section 11.1: one use for each key, URL and jti.
TEST(ReplayKey, TellsEveryUseApart) {
  const auto proof = verified_proof(accepted_proof());
  const auto key = replay_key(proof, kUrl);
  EXPECT_EQ(replay_key(verified_proof(signed_proof({{"iat", 1768478401}})), kUrl), key);
  EXPECT_FALSE(replay_key(proof, "https://as.example.com/introspect") == key);
  EXPECT_FALSE(replay_key(verified_proof(accepted_proof("ES384")), kUrl) == key);
  auto other = proof;
  other.jti += "x";
  EXPECT_FALSE(replay_key(other, kUrl) == key);
  // What ends the URL cannot be moved into the jti.
  other.jti = proof.jti.substr(1);
  EXPECT_FALSE(replay_key(other, std::string{kUrl} + proof.jti.front()) == key);
}

}  // namespace certbound::proof
