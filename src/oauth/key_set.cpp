#include "oauth/key_set.hpp"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "x509/presented.hpp"

namespace certbound::oauth {

namespace {

void add_once(std::vector<crypto::Sha256>& list, const crypto::Sha256& digest) {
  if (std::find(list.begin(), list.end(), digest) == list.end()) list.push_back(digest);
}

/// A key that no handshake lets pass registers nobody.
Result<RegisteredKey> read_usable_key(const jose::Jwk& key) {
  auto registered = read_registered_key(key);
  if (!registered || !registered->certificate) return registered;
  if (auto strength = x509::check_presented_key(*registered->certificate); !strength) {
    return std::move(strength).error();
  }
  return registered;
}

/// 0 for what is no JWK Set.
std::size_t count_keys(const nlohmann::json& json) {
  if (!json.is_object()) return 0;
  const auto keys = json.find("keys");
  return keys == json.end() || !keys->is_array() ? 0 : keys->size();
}

}  // namespace

Result<RegisteredKey> read_registered_key(const jose::Jwk& key) {
  RegisteredKey registered;
  registered.thumbprint = key.thumbprint;
  if (key.x5c.empty() && !key.x5t_s256) return registered;
  registered.kind = RegisteredKey::Kind::certificate;
  if (key.x5c.empty()) {
    registered.thumbprint = *key.x5t_s256;
    return registered;
  }
  auto certificate = x509::Certificate::parse_der(key.x5c.front());
  if (!certificate) return invalid_input("x5c: " + certificate.error().detail);
  registered.thumbprint = x509::thumbprint(*certificate);
  registered.certificate = *std::move(certificate);
  return registered;
}

Result<ParsedKeySet> parse_key_set(std::string_view body) {
  const auto json = parse_json(body, JsonLimits{kMaximumKeySetBytes, 8});
  if (!json) return json.error();
  ParsedKeySet parsed;
  // Before any is read: each that is skipped is remarked on.
  const std::size_t count = count_keys(*json);
  if (count > kMaximumKeys) return invalid_input("more than " + std::to_string(kMaximumKeys) + " keys");
  auto keys = jose::parse_usable_keys(*json, parsed.skipped);
  if (!keys) return std::move(keys).error();
  std::vector<jose::Jwk> verifying;
  for (jose::Jwk& key : *keys) {
    const auto registered = read_usable_key(key);
    if (!registered) {
      parsed.skipped.push_back("kid \"" + key.kid + "\": " + registered.error().detail);
      continue;
    }
    if (registered->kind == RegisteredKey::Kind::certificate) {
      add_once(parsed.set.certificates, registered->thumbprint);
    } else {
      add_once(parsed.set.keys, registered->thumbprint);
    }
    if (key.may_verify) verifying.push_back(std::move(key));
  }
  parsed.set.verifying = std::make_shared<const std::vector<jose::Jwk>>(std::move(verifying));
  const bool is_usable = !parsed.set.certificates.empty() || !parsed.set.keys.empty();
  if (!is_usable && count > 0) {
    return invalid_input("no usable key" + (parsed.skipped.empty() ? "" : ": " + parsed.skipped.front()));
  }
  return parsed;
}

}  // namespace certbound::oauth
