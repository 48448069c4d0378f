#include <array>
#include <string>

#include <nlohmann/json.hpp>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>

#include "base/json.hpp"
#include "jose/algorithm.hpp"
#include "jose/jwk.hpp"

namespace certbound::jose {

namespace {

crypto::BignumHandle find_number(const EVP_PKEY& key, const char* parameter) {
  BIGNUM* number = nullptr;
  EVP_PKEY_get_bn_param(&key, parameter, &number);
  return crypto::BignumHandle{number};
}

/// Big-endian, left-padded to `octets`.
Result<std::string> render_number(const EVP_PKEY& key, const char* parameter, std::size_t octets) {
  const auto number = find_number(key, parameter);
  if (!number) return internal_error(std::string{parameter} + " of a key: " + crypto::take_openssl_errors());
  Bytes out(octets == 0 ? static_cast<std::size_t>(BN_num_bytes(number.get())) : octets);
  if (BN_bn2binpad(number.get(), out.data(), static_cast<int>(out.size())) < 0) {
    return internal_error(std::string{parameter} + " of a key: " + crypto::take_openssl_errors());
  }
  return base64url_encode(out);
}

Result<nlohmann::json> ec_to_jwk(const EVP_PKEY& key) {
  const Curve* curve = find_curve_of(key);
  if (curve == nullptr) return internal_error("an EC key on a curve that JWK has no name for");
  auto x = render_number(key, OSSL_PKEY_PARAM_EC_PUB_X, curve->coordinate_octets);
  if (!x) return std::move(x).error();
  auto y = render_number(key, OSSL_PKEY_PARAM_EC_PUB_Y, curve->coordinate_octets);
  if (!y) return std::move(y).error();
  return nlohmann::json{{"crv", curve->name}, {"kty", "EC"}, {"x", *std::move(x)}, {"y", *std::move(y)}};
}

Result<nlohmann::json> rsa_to_jwk(const EVP_PKEY& key) {
  auto e = render_number(key, OSSL_PKEY_PARAM_RSA_E, 0);
  if (!e) return std::move(e).error();
  auto n = render_number(key, OSSL_PKEY_PARAM_RSA_N, 0);
  if (!n) return std::move(n).error();
  return nlohmann::json{{"e", *std::move(e)}, {"kty", "RSA"}, {"n", *std::move(n)}};
}

Result<nlohmann::json> ed25519_to_jwk(const EVP_PKEY& key) {
  std::array<std::uint8_t, 32> x{};
  std::size_t length = x.size();
  if (EVP_PKEY_get_raw_public_key(&key, x.data(), &length) != 1 || length != x.size()) {
    return internal_error("an Ed25519 key: " + crypto::take_openssl_errors());
  }
  return nlohmann::json{{"crv", "Ed25519"}, {"kty", "OKP"}, {"x", base64url_encode(x)}};
}

}  // namespace

Result<nlohmann::json> to_jwk(const EVP_PKEY& key) {
  switch (EVP_PKEY_get_base_id(&key)) {
    case EVP_PKEY_EC:
      return ec_to_jwk(key);
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS:
      return rsa_to_jwk(key);
    case EVP_PKEY_ED25519:
      return ed25519_to_jwk(key);
    default:
      return internal_error("a key of a type that has no JWK form");
  }
}

Result<crypto::Sha256> key_thumbprint(const EVP_PKEY& key) {
  // nlohmann's objects are sorted by name and dumped without blanks: RFC 7638 section 3.3.
  const auto jwk = to_jwk(key);
  if (!jwk) return jwk.error();
  return crypto::sha256(dump_json(*jwk));
}

}  // namespace certbound::jose
