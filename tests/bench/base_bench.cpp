#include <cstdint>
#include <numeric>
#include <string>

#include <benchmark/benchmark.h>

#include "base/base64url.hpp"
#include "base/text.hpp"
#include "crypto/digest.hpp"

namespace certbound {

namespace {

Bytes make_octets(std::int64_t size) {
  Bytes octets(static_cast<std::size_t>(size));
  std::iota(octets.begin(), octets.end(), std::uint8_t{1});
  return octets;
}

// 32: a thumbprint. 64: an ES256 signature. 512: the claims of a token.
void encode_base64url(benchmark::State& state) {
  const Bytes octets = make_octets(state.range(0));
  std::string out;
  for (auto _ : state) {
    out.clear();
    base64url_append(out, octets);
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(encode_base64url)->Arg(32)->Arg(64)->Arg(512);

void decode_base64url(benchmark::State& state) {
  const std::string text = base64url_encode(make_octets(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(base64url_decode(text));
}
BENCHMARK(decode_base64url)->Arg(32)->Arg(512);

// 700: a signing input or a certificate in DER.
void digest_sha256(benchmark::State& state) {
  const Bytes octets = make_octets(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(crypto::sha256(octets));
}
BENCHMARK(digest_sha256)->Arg(64)->Arg(700);

void escape_json(benchmark::State& state) {
  const std::string text = "CN=etl-01,O=Partner \"Corp\" Gesellschaft für Daten,C=DE";
  std::string out;
  for (auto _ : state) {
    out.clear();
    append_json_escaped(out, text);
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(escape_json);

}  // namespace

}  // namespace certbound
