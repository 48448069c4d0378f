#include "oauth/sealed_token.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include <nlohmann/json.hpp>

#include "base/base64url.hpp"
#include "base/json.hpp"
#include "crypto/random.hpp"
#include "jose/jwe.hpp"

namespace certbound::oauth {

namespace {

using Json = nlohmann::json;

constexpr std::string_view kSealedType = "at+sealed";

/// The claims in a fixed order and without names: a third of the size. `sub` is null where it is the client_id, the
/// thumbprint empty where the token is not bound to a certificate; the thumbprint of a DPoP key stands last where there
/// is one.
std::string pack(const Claims& claims) {
  const Json subject = claims.subject == claims.client_id ? Json(nullptr) : Json(claims.subject);
  Json packed = Json::array({claims.issuer, subject, claims.audience, claims.client_id, unix_seconds(claims.issued_at),
                             unix_seconds(claims.expires_at), claims.jti, claims.scope, claims.confirmation.x5t_s256});
  if (!claims.confirmation.jkt.empty()) packed.push_back(claims.confirmation.jkt);
  return dump_json(packed);
}

/// Back into the members that parse_claims() knows, so that it alone says what holds.
Json unpack(const Json& packed) {
  Json object{{"iss", packed[0]}, {"sub", packed[1].is_null() ? packed[3] : packed[1]},
              {"aud", packed[2]}, {"client_id", packed[3]},
              {"iat", packed[4]}, {"exp", packed[5]},
              {"jti", packed[6]}};
  if (packed[7] != "") object["scope"] = packed[7];
  if (packed[8] != "") object["cnf"]["x5t#S256"] = packed[8];
  if (packed.size() == 10) object["cnf"]["jkt"] = packed[9];
  return object;
}

/// Where in a `kid` the salt begins; no kid of ours has a dot in it.
constexpr char kBeforeSalt = '.';
constexpr std::size_t kSaltOctets = 16;
constexpr std::string_view kPurpose = "certbound opaque access token 1";

/// The key that sealed under `kid`: derived with its salt, or without one the sealing key itself.
Result<crypto::Secret> find_key(std::string_view kid, std::span<const SealingKey> keys) {
  const std::size_t dot = kid.find(kBeforeSalt);
  const std::string_view name = kid.substr(0, dot);
  const auto key = std::find_if(keys.begin(), keys.end(), [name](const SealingKey& one) { return one.kid == name; });
  if (key == keys.end()) return invalid_input("kid: no key of ours");
  if (dot == std::string_view::npos) return key->key;
  const auto salt = base64url_decode(kid.substr(dot + 1));
  if (!salt || salt->size() != kSaltOctets) return invalid_input("kid: no salt of ours");
  return crypto::derive_key(key->key, kPurpose, *salt);
}

}  // namespace

Result<void> TokenSealer::derive(const SealingKey& key) {
  std::array<std::uint8_t, kSaltOctets> salt{};
  if (auto filled = crypto::fill_random(salt); !filled) return filled;
  auto derived = crypto::derive_key(key.key, kPurpose, salt);
  if (!derived) return std::move(derived).error();
  key_ = *std::move(derived);
  sealing_kid_ = key.kid;
  kid_ = key.kid + kBeforeSalt + base64url_encode(salt);
  sealed_ = 0;
  return {};
}

/// The count makes it unique, the rest also that of a copy of this process.
Result<crypto::GcmNonce> TokenSealer::next_nonce() {
  const auto octets = crypto::uncopied_octets();
  if (!octets) return octets.error();
  crypto::GcmNonce nonce{};
  const std::uint32_t number = sealed_++;
  for (std::size_t i = 0; i < 4; ++i) nonce[i] = static_cast<std::uint8_t>(number >> (24 - 8 * i));
  std::copy(octets->begin(), octets->end(), nonce.begin() + 4);
  return nonce;
}

Result<std::string> TokenSealer::seal(const Claims& claims, std::span<const SealingKey> keys) {
  if (keys.empty()) return internal_error("there is no key that seals opaque tokens");
  if (sealing_kid_ != keys.front().kid || sealed_ >= tokens_per_salt_) {
    if (auto derived = derive(keys.front()); !derived) return std::move(derived).error();
  }
  const auto nonce = next_nonce();
  if (!nonce) return nonce.error();
  return jose::seal_compact(kSealedType, kid_, key_, *nonce, pack(claims));
}

Result<Claims> open_sealed_token(std::string_view token, std::span<const SealingKey> keys, SealStep& step) {
  step = SealStep::take_apart;
  const auto jwe = jose::parse_sealed(token);
  if (!jwe) return jwe.error();
  step = SealStep::check_type;
  if (jwe->typ != kSealedType) return invalid_input("typ: not an access token");
  step = SealStep::find_key;
  const auto key = find_key(jwe->kid, keys);
  if (!key) return key.error();
  step = SealStep::open;
  const auto text = jose::open_sealed(*jwe, *key);
  if (!text) return text.error();
  step = SealStep::read_claims;
  const auto packed = parse_json(*text);
  if (!packed) return packed.error();
  const bool has_members = packed->is_array() && (packed->size() == 9 || packed->size() == 10);
  if (!has_members) return invalid_input("sealed claims of another form");
  return parse_claims(dump_json(unpack(*packed)));
}

Result<Claims> open_sealed_token(std::string_view token, std::span<const SealingKey> keys) {
  SealStep step{};
  return open_sealed_token(token, keys, step);
}

}  // namespace certbound::oauth
