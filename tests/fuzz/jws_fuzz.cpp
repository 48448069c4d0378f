// A compact JWS as a stranger sends it: split_compact, then verify_compact against keys that are known.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "jose/jws_verify.hpp"

namespace {

namespace jose = certbound::jose;

// Keys of RFC 7515 appendix A.3 and RFC 8037 appendix A.2. No RSA: it would slow the fuzzer down and parse nothing
// more.
constexpr std::string_view kFuzzKeys =
    R"({"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
    R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},)"
    R"({"kty":"OKP","crv":"Ed25519","kid":"e","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})";

std::vector<jose::Jwk> make_fuzz_keys() {
  const auto value = certbound::parse_json(kFuzzKeys);
  if (!value) std::abort();
  auto keys = jose::parse_jwk_set(*value);
  if (!keys) std::abort();
  return *std::move(keys);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<jose::Jwk> keys = make_fuzz_keys();
  constexpr std::array<std::string_view, 3> kAlgorithms{"ES256", "EdDSA", "PS256"};
  const std::string_view token{reinterpret_cast<const char*>(data), size};
  const auto jws = jose::split_compact(token);
  const auto verified = jose::verify_compact(token, keys, kAlgorithms);
  if (verified && (!jws || verified->payload != jws->payload)) std::abort();
  if (!jws) return 0;
  // A token has one spelling: putting it together again gives the same octets.
  auto again = jws->signing_input + ".";
  certbound::base64url_append(again, jws->signature);
  if (again != token) std::abort();
  return 0;
}
