#pragma once

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/base64url.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "crypto/key.hpp"
#include "jose/jwk.hpp"

namespace certbound::jose::test {

/// tests/fixtures/jose/NAME.json. A vector that is not there fails the test.
inline nlohmann::json load_vectors(const std::string& name) {
  const auto text = load_file(std::string{CERTBOUND_FIXTURES} + "/jose/" + name + ".json");
  if (!text) throw std::runtime_error{text.error().detail};
  auto parsed = parse_json(*text, JsonLimits{.max_bytes = 1UL << 20, .max_depth = 8});
  if (!parsed) throw std::runtime_error{name + ": " + parsed.error().detail};
  return *std::move(parsed);
}

/// A key of python_cryptography.json as a JWK.
inline nlohmann::json load_jwk(const std::string& name) {
  return load_vectors("python_cryptography").at("jwk").at(name);
}

/// The same with its private half.
inline crypto::KeyHandle load_private_key(const std::string& name) {
  const auto der = base64_decode(load_vectors("python_cryptography").at("pkcs8").at(name).get<std::string>());
  auto key = crypto::parse_pkcs8(der.value());
  if (!key) throw std::runtime_error{name + ": " + key.error().detail};
  return *std::move(key);
}

/// Jwk does not copy, so no initializer list.
inline std::vector<Jwk> make_keys(const nlohmann::json& value) {
  auto jwk = parse_jwk(value);
  if (!jwk) throw std::runtime_error{jwk.error().detail};
  std::vector<Jwk> keys;
  keys.push_back(*std::move(jwk));
  return keys;
}

/// Why parse_jwk refuses it; empty where it does not.
inline std::string refusal(const nlohmann::json& value) {
  const auto jwk = parse_jwk(value);
  if (jwk) return {};
  EXPECT_EQ(jwk.error().code, ErrorCode::invalid_request);
  return jwk.error().detail;
}

}  // namespace certbound::jose::test
