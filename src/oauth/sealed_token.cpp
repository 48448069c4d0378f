#include "oauth/sealed_token.hpp"

#include <algorithm>
#include <chrono>

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "jose/jwe.hpp"

namespace certbound::oauth {

namespace {

using Json = nlohmann::json;

constexpr std::string_view kSealedType = "at+sealed";

/// The claims in a fixed order and without names: a third of the size. `sub` is null where it is the client_id, the
/// thumbprint empty where the token is not bound.
std::string pack(const Claims& claims) {
  const Json subject = claims.subject == claims.client_id ? Json(nullptr) : Json(claims.subject);
  return dump_json(
      Json::array({claims.issuer, subject, claims.audience, claims.client_id, unix_seconds(claims.issued_at),
                   unix_seconds(claims.expires_at), claims.jti, claims.scope, claims.confirmation.x5t_s256}));
}

/// Back into the members that parse_claims() knows, so that it alone says what holds.
Json unpack(const Json& packed) {
  Json object{{"iss", packed[0]}, {"sub", packed[1].is_null() ? packed[3] : packed[1]},
              {"aud", packed[2]}, {"client_id", packed[3]},
              {"iat", packed[4]}, {"exp", packed[5]},
              {"jti", packed[6]}};
  if (packed[7] != "") object["scope"] = packed[7];
  if (packed[8] != "") object["cnf"] = {{"x5t#S256", packed[8]}};
  return object;
}

}  // namespace

Result<std::string> seal_token(const Claims& claims, std::span<const SealingKey> keys) {
  if (keys.empty()) return internal_error("there is no key that seals opaque tokens");
  return jose::seal_compact(kSealedType, keys.front().kid, keys.front().key, pack(claims));
}

Result<Claims> open_sealed_token(std::string_view token, std::span<const SealingKey> keys) {
  const auto jwe = jose::parse_sealed(token);
  if (!jwe) return jwe.error();
  if (jwe->typ != kSealedType) return invalid_input("typ: not an access token");
  const auto key =
      std::find_if(keys.begin(), keys.end(), [&jwe](const SealingKey& one) { return one.kid == jwe->kid; });
  if (key == keys.end()) return invalid_input("kid: no key of ours");
  const auto text = jose::open_sealed(*jwe, key->key);
  if (!text) return text.error();
  const auto packed = parse_json(*text);
  if (!packed) return packed.error();
  if (!packed->is_array() || packed->size() != 9) return invalid_input("sealed claims of another form");
  return parse_claims(dump_json(unpack(*packed)));
}

}  // namespace certbound::oauth
