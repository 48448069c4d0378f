#include <string>

#include <benchmark/benchmark.h>

#include "crypto/key.hpp"
#include "jose/jws_sign.hpp"
#include "model/signing_key.hpp"

namespace certbound::jose {

namespace {

// As long as the header and claims of an access token with two scopes.
constexpr std::size_t kSigningInputBytes = 640;

void sign_token(benchmark::State& state, model::SigningAlgorithm algorithm) {
  const auto key = crypto::make_key(key_type_for(algorithm));
  if (!key) return state.SkipWithError("no key");
  auto signer = Signer::make(**key, algorithm);
  if (!signer) return state.SkipWithError("no signer");
  const std::string input(kSigningInputBytes, 'a');
  std::string out;
  for (auto _ : state) {
    out.clear();
    if (!signer->append_signature(out, input)) return state.SkipWithError("not signed");
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK_CAPTURE(sign_token, ES256, model::SigningAlgorithm::es256);
BENCHMARK_CAPTURE(sign_token, EdDSA, model::SigningAlgorithm::eddsa);
BENCHMARK_CAPTURE(sign_token, PS256, model::SigningAlgorithm::ps256);
BENCHMARK_CAPTURE(sign_token, RS256, model::SigningAlgorithm::rs256);
// Every worker signs with its own contexts over the one key.
void sign_token_shared_key(benchmark::State& state) {
  static const auto key = crypto::make_key(crypto::KeyType::ec_p256);
  if (!key) return state.SkipWithError("no key");
  auto signer = Signer::make(**key, model::SigningAlgorithm::es256);
  if (!signer) return state.SkipWithError("no signer");
  const std::string input(kSigningInputBytes, 'a');
  std::string out;
  for (auto _ : state) {
    out.clear();
    if (!signer->append_signature(out, input)) return state.SkipWithError("not signed");
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(sign_token_shared_key)->Threads(2)->UseRealTime();

}  // namespace

}  // namespace certbound::jose
