// JWK and JWK Set as a stranger sends them: parse_json, then parse_jwk and parse_jwk_set.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "jose/jwk.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace jose = certbound::jose;
  const auto value = certbound::parse_json({reinterpret_cast<const char*>(data), size});
  if (!value) return 0;
  if (const auto set = jose::parse_jwk_set(*value)) {
    for (const auto& member : *set) {
      if (!member.key) std::abort();
    }
  }
  const auto jwk = jose::parse_jwk(*value);
  if (!jwk) return 0;
  // A key that was accepted has one form, and that form is accepted.
  const auto form = jose::to_jwk(*jwk->key);
  if (!form) std::abort();
  const auto again = jose::parse_jwk(*form);
  if (!again || again->thumbprint != jwk->thumbprint) std::abort();
  return 0;
}
