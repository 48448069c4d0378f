#include "oauth/access_token.hpp"

#include <array>

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "jose/jwe.hpp"
#include "jose/jws_verify.hpp"
#include "oauth/sealed_token.hpp"

namespace certbound::oauth {

namespace {

// Each key of ours names its `alg`, which jose::verify_compact demands besides.
constexpr std::array<std::string_view, 4> kOwnAlgorithms{"ES256", "PS256", "EdDSA", "RS256"};

Result<Claims> open_jwt(std::string_view token, const std::vector<jose::Jwk>& keys) {
  auto verified = jose::verify_compact(token, keys, kOwnAlgorithms);
  if (!verified) return std::move(verified).error();
  const auto header = parse_json(verified->header_json);
  if (!header) return header.error();
  if (string_member(*header, "typ") != "at+jwt") return invalid_input("typ: not an access token");
  return parse_claims(verified->payload);
}

}  // namespace

Result<std::vector<jose::Jwk>> parse_own_keys(const Document& jwks) {
  const auto json = parse_json(jwks.body);
  if (!json) return internal_error("the JWK Set: " + json.error().detail);
  auto keys = jose::parse_jwk_set(*json);
  if (!keys) return internal_error("the JWK Set: " + keys.error().detail);
  return *std::move(keys);
}

Result<Claims> open_access_token(std::string_view token, const Snapshot& snapshot, const std::vector<jose::Jwk>& keys) {
  auto claims = jose::has_parts_of_jwe(token) ? open_sealed_token(token, snapshot.sealing_keys) : open_jwt(token, keys);
  if (claims && claims->issuer != snapshot.issuer) return invalid_input("iss: another issuer");
  return claims;
}

}  // namespace certbound::oauth
