#include <algorithm>
#include <array>
#include <set>
#include <string>

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "jose/algorithm.hpp"
#include "jose/jwk.hpp"
#include "jose/key_import.hpp"
#include "jose/x5c.hpp"

namespace certbound::jose {

namespace {

/// RFC 7518 sections 6.2.2, 6.3.2 and 6.4.1, RFC 8037 section 2.
constexpr std::array<const char*, 8> kPrivateMembers{"d", "p", "q", "dp", "dq", "qi", "oth", "k"};

/// What every JWK must be, of whatever type.
Result<void> check_shape(const nlohmann::json& value) {
  if (!value.is_object()) return invalid_input("a JWK is not an object");
  for (const char* name : kPrivateMembers) {
    if (value.contains(name)) {
      return invalid_input(std::string{name} +
                           ": a private key member; the key is compromised by being sent, replace it");
    }
  }
  if (string_member(value, "kty").empty()) return invalid_input("kty: missing or not a string");
  return {};
}

/// RFC 7517 section 5: implementations should ignore keys in a set whose `kty` they do not understand.
bool is_known_kind(const nlohmann::json& value) {
  const auto kty = string_member(value, "kty");
  const auto crv = string_member(value, "crv");
  if (kty == "RSA") return true;
  if (kty == "EC") return crv.empty() || find_curve(crv) != nullptr;
  return kty == "OKP" && (crv.empty() || crv == "Ed25519");
}

Result<std::string> parse_text_member(const nlohmann::json& value, const char* name) {
  const auto found = value.find(name);
  if (found == value.end()) return std::string{};
  if (!found->is_string()) return invalid_input(std::string{name} + ": not a string");
  return found->get<std::string>();
}

Result<Bytes> parse_octets_member(const nlohmann::json& value, const char* name) {
  auto text = parse_text_member(value, name);
  if (!text) return std::move(text).error();
  if (text->empty()) return invalid_input(std::string{name} + ": missing");
  auto octets = base64url_decode(*text);
  if (!octets) return invalid_input(std::string{name} + ": not base64url without padding");
  return *std::move(octets);
}

/// RFC 7518 section 6.2.1.2: the full length of the curve, leading zeros kept.
Result<Bytes> parse_coordinate(const nlohmann::json& value, const char* name, const Curve& curve) {
  auto octets = parse_octets_member(value, name);
  if (octets && octets->size() != curve.coordinate_octets) {
    return invalid_input(std::string{name} + ": " + std::to_string(octets->size()) + " octets; " +
                         std::string{curve.name} + " has " + std::to_string(curve.coordinate_octets));
  }
  return octets;
}

/// RFC 7518 section 2, Base64urlUInt: the fewest octets.
Result<Bytes> parse_number(const nlohmann::json& value, const char* name) {
  auto octets = parse_octets_member(value, name);
  if (octets && octets->front() == 0) return invalid_input(std::string{name} + ": leading zero octets");
  return octets;
}

Result<crypto::KeyHandle> parse_ec(const nlohmann::json& value) {
  const Curve* curve = find_curve(string_member(value, "crv"));
  if (curve == nullptr) return invalid_input("crv: not P-256, P-384 or P-521");
  auto x = parse_coordinate(value, "x", *curve);
  if (!x) return std::move(x).error();
  auto y = parse_coordinate(value, "y", *curve);
  if (!y) return std::move(y).error();
  return make_ec_key(*curve, *x, *y);
}

Result<crypto::KeyHandle> parse_rsa(const nlohmann::json& value) {
  auto n = parse_number(value, "n");
  if (!n) return std::move(n).error();
  auto e = parse_number(value, "e");
  if (!e) return std::move(e).error();
  return make_rsa_key(*n, *e);
}

Result<crypto::KeyHandle> parse_okp(const nlohmann::json& value) {
  if (string_member(value, "crv") != "Ed25519") return invalid_input("crv: not Ed25519");
  auto x = parse_octets_member(value, "x");
  if (!x) return std::move(x).error();
  if (x->size() != 32) return invalid_input("x: " + std::to_string(x->size()) + " octets; Ed25519 has 32");
  return make_ed25519_key(*x);
}

Result<crypto::KeyHandle> parse_public_key(const nlohmann::json& value) {
  const auto kty = string_member(value, "kty");
  if (kty == "EC") return parse_ec(value);
  if (kty == "RSA") return parse_rsa(value);
  if (kty == "OKP") return parse_okp(value);
  return invalid_input("kty: not EC, RSA or OKP");
}

/// RFC 7517 section 4.3: an array of distinct strings. Sets may_verify.
Result<void> read_key_ops(const nlohmann::json& value, Jwk& jwk) {
  const auto found = value.find("key_ops");
  if (found == value.end()) return {};
  if (!found->is_array()) return invalid_input("key_ops: not an array");
  std::set<std::string> operations;
  for (const auto& operation : *found) {
    if (!operation.is_string()) return invalid_input("key_ops: not an array of strings");
    if (!operations.insert(operation.get<std::string>()).second) return invalid_input("key_ops: a value stands twice");
  }
  if (operations.count("verify") == 0) jwk.may_verify = false;
  return {};
}

Result<void> read_use(const nlohmann::json& value, Jwk& jwk) {
  auto use = parse_text_member(value, "use");
  if (!use) return std::move(use).error();
  jwk.use = *std::move(use);
  jwk.may_verify = jwk.use.empty() || jwk.use == "sig";
  return read_key_ops(value, jwk);
}

Result<void> read_names(const nlohmann::json& value, Jwk& jwk) {
  auto kid = parse_text_member(value, "kid");
  if (!kid) return std::move(kid).error();
  jwk.kid = *std::move(kid);
  auto alg = parse_text_member(value, "alg");
  if (!alg) return std::move(alg).error();
  jwk.alg = *std::move(alg);
  // An algorithm that is not in the table may be one for encryption; the key then verifies nothing.
  const Algorithm* algorithm = find_algorithm(jwk.alg);
  if (algorithm != nullptr && !fits_key(*algorithm, *jwk.key)) return invalid_input("alg: does not fit the key");
  return {};
}

/// RFC 7517 sections 4.7 to 4.9; `x5u` is ignored: nothing is fetched because a key says so.
Result<void> read_certificates(const nlohmann::json& value, Jwk& jwk) {
  if (const auto found = value.find("x5c"); found != value.end()) {
    auto chain = parse_x5c(*found, jwk.thumbprint);
    if (!chain) return std::move(chain).error();
    jwk.x5c = *std::move(chain);
  }
  if (value.contains("x5t#S256")) {
    auto octets = parse_octets_member(value, "x5t#S256");
    if (!octets) return std::move(octets).error();
    crypto::Sha256 digest;
    if (octets->size() != digest.octets.size()) return invalid_input("x5t#S256: not 32 octets");
    std::copy(octets->begin(), octets->end(), digest.octets.begin());
    jwk.x5t_s256 = digest;
  }
  if (!jwk.x5c.empty() && jwk.x5t_s256 && crypto::sha256(jwk.x5c.front()) != *jwk.x5t_s256) {
    return invalid_input("x5t#S256: not the thumbprint of x5c[0]");
  }
  if (value.contains("x5t") && jwk.x5c.empty() && !jwk.x5t_s256) {
    return invalid_input("x5t: a SHA-1 thumbprint names no certificate; give x5t#S256 or x5c");
  }
  return {};
}

/// RFC 7638 section 3.2. A key that was parsed has one spelling only, so its members stand in the thumbprint as they
/// were given: to ask OpenSSL for them takes eight times as long.
crypto::Sha256 thumbprint_of_members(const nlohmann::json& value) {
  const auto kty = string_member(value, "kty");
  nlohmann::json required{{"kty", kty}};
  for (const char* name : {"crv", "x", "y"}) {
    if (kty == "EC" || (kty == "OKP" && *name != 'y')) required[name] = value.at(name);
  }
  for (const char* name : {"e", "n"}) {
    if (kty == "RSA") required[name] = value.at(name);
  }
  return crypto::sha256(dump_json(required));
}

Error with_place(Error error, const std::string& place) {
  error.detail.insert(0, place + ": ");
  return error;
}

/// `on_fault` decides what a key's fault is for the set.
template <typename OnFault>
Result<std::vector<Jwk>> read_set(const nlohmann::json& value, const OnFault& on_fault) {
  const auto keys = value.is_object() ? value.find("keys") : value.end();
  if (keys == value.end() || !keys->is_array()) return invalid_input("a JWK Set is an object with an array `keys`");
  std::vector<Jwk> set;
  for (std::size_t i = 0; i < keys->size(); ++i) {
    const auto& element = (*keys)[i];
    const std::string place = "keys[" + std::to_string(i) + "]";
    if (auto checked = check_shape(element); !checked) return with_place(std::move(checked).error(), place);
    if (!is_known_kind(element)) continue;
    auto jwk = parse_jwk(element);
    if (jwk) {
      set.push_back(*std::move(jwk));
    } else if (auto tolerated = on_fault(with_place(std::move(jwk).error(), place)); !tolerated) {
      return std::move(tolerated).error();
    }
  }
  return set;
}

}  // namespace

Result<Jwk> parse_jwk(const nlohmann::json& value) {
  if (auto checked = check_shape(value); !checked) return std::move(checked).error();
  auto key = parse_public_key(value);
  if (!key) return std::move(key).error();
  Jwk jwk;
  jwk.key = *std::move(key);
  jwk.thumbprint = thumbprint_of_members(value);
  for (const auto read : {read_names, read_use, read_certificates}) {
    if (auto done = read(value, jwk); !done) return std::move(done).error();
  }
  return jwk;
}

Result<std::vector<Jwk>> parse_jwk_set(const nlohmann::json& value) {
  return read_set(value, [](Error fault) -> Result<void> { return fault; });
}

Result<std::vector<Jwk>> parse_usable_keys(const nlohmann::json& value, std::vector<std::string>& skipped) {
  return read_set(value, [&skipped](Error fault) -> Result<void> {
    skipped.push_back(std::move(fault.detail));
    return {};
  });
}

}  // namespace certbound::jose
