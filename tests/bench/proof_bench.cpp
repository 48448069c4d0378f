// A DPoP proof from its text to the verdict, and what goes with it.
#include <array>
#include <string>

#include <benchmark/benchmark.h>
#include <nlohmann/json.hpp>

#include "crypto/key.hpp"
#include "jose/jwk.hpp"
#include "jose/jws_sign.hpp"
#include "model/signing_key.hpp"
#include "proof/dpop_proof.hpp"
#include "proof/nonce.hpp"

namespace certbound::proof {

namespace {

constexpr std::array<std::string_view, 4> kAlgorithms{"ES256", "PS256", "RS256", "EdDSA"};
constexpr std::string_view kUrl = "https://as.example.com/token";
constexpr WallTime kNow{std::chrono::seconds{1'800'000'000}};
constexpr std::string_view kAccessToken = "an access token, which usually is longer";

std::string make_proof(model::SigningAlgorithm algorithm) {
  const auto key = crypto::make_key(jose::key_type_for(algorithm));
  if (!key) return {};
  const auto jwk = jose::to_jwk(**key);
  auto signer = jose::Signer::make(**key, algorithm);
  if (!jwk || !signer) return {};
  const nlohmann::json header{{"typ", "dpop+jwt"}, {"alg", model::name(algorithm)}, {"jwk", *jwk}};
  const nlohmann::json claims{{"jti", "e1j3V_bKic8-LAEB"},
                              {"htm", "POST"},
                              {"htu", kUrl},
                              {"iat", unix_seconds(kNow)},
                              {"ath", crypto::sha256(kAccessToken).to_base64url()}};
  auto proof = jose::sign_compact(*signer, header.dump(), claims.dump());
  return proof ? *std::move(proof) : std::string{};
}

/// verify_dpop_proof(), check_dpop_proof() and replay_key().
void judge_proof(benchmark::State& state, model::SigningAlgorithm algorithm) {
  const std::string text = make_proof(algorithm);
  DpopExpectation expectation;
  expectation.method = "POST";
  expectation.url = kUrl;
  expectation.now = kNow;
  expectation.access_token = kAccessToken;
  DpopStep step{};
  for (auto _ : state) {
    const auto proof = verify_dpop_proof(text, kAlgorithms, step);
    if (!proof || !check_dpop_proof(*proof, expectation, step)) return state.SkipWithError("refused");
    benchmark::DoNotOptimize(replay_key(*proof, kUrl));
  }
}
BENCHMARK_CAPTURE(judge_proof, ES256, model::SigningAlgorithm::es256)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(judge_proof, EdDSA, model::SigningAlgorithm::eddsa)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(judge_proof, PS256, model::SigningAlgorithm::ps256)->Unit(benchmark::kMicrosecond);

void normalize_url(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(normalize_htu("HTTPS://AS.Example.com:443/a/../%74oken?x=1"));
}
BENCHMARK(normalize_url);

void issue_nonce(benchmark::State& state) {
  const auto nonces = NonceMaker::make("bench", std::chrono::seconds{300});
  if (!nonces) return state.SkipWithError("no secret");
  for (auto _ : state) benchmark::DoNotOptimize(nonces->issue(kNow));
}
BENCHMARK(issue_nonce);

void accept_nonce(benchmark::State& state) {
  const auto nonces = NonceMaker::make("bench", std::chrono::seconds{300});
  const auto nonce = nonces->issue(kNow);
  for (auto _ : state) {
    if (!nonces->accepts(*nonce, kNow)) return state.SkipWithError("refused");
  }
}
BENCHMARK(accept_nonce);

}  // namespace

}  // namespace certbound::proof
