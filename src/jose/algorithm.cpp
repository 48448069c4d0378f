#include "jose/algorithm.hpp"

#include <array>

#include <openssl/err.h>

namespace certbound::jose {

namespace {

constexpr std::array<Curve, 3> kCurves{{
    {"P-256", "prime256v1", 32},
    {"P-384", "secp384r1", 48},
    {"P-521", "secp521r1", 66},
}};

constexpr std::array<Algorithm, 11> kAlgorithms{{
    {"ES256", SignatureScheme::ecdsa, "SHA256", &kCurves[0]},
    {"ES384", SignatureScheme::ecdsa, "SHA384", &kCurves[1]},
    {"ES512", SignatureScheme::ecdsa, "SHA512", &kCurves[2]},
    {"PS256", SignatureScheme::rsa_pss, "SHA256", nullptr},
    {"PS384", SignatureScheme::rsa_pss, "SHA384", nullptr},
    {"PS512", SignatureScheme::rsa_pss, "SHA512", nullptr},
    {"RS256", SignatureScheme::rsa_pkcs1, "SHA256", nullptr},
    {"RS384", SignatureScheme::rsa_pkcs1, "SHA384", nullptr},
    {"RS512", SignatureScheme::rsa_pkcs1, "SHA512", nullptr},
    {"EdDSA", SignatureScheme::ed25519, nullptr, nullptr},
    {"Ed25519", SignatureScheme::ed25519, nullptr, nullptr},
}};

}  // namespace

const Curve* find_curve(std::string_view crv) {
  for (const Curve& curve : kCurves) {
    if (curve.name == crv) return &curve;
  }
  return nullptr;
}

const Curve* find_curve_of(const EVP_PKEY& key) {
  if (EVP_PKEY_get_base_id(&key) != EVP_PKEY_EC) return nullptr;
  std::array<char, 64> group{};
  std::size_t length = 0;
  if (EVP_PKEY_get_group_name(&key, group.data(), group.size(), &length) != 1) {
    ERR_clear_error();
    return nullptr;
  }
  for (const Curve& curve : kCurves) {
    if (std::string_view{group.data(), length} == curve.group) return &curve;
  }
  return nullptr;
}

const Algorithm* find_algorithm(std::string_view name) {
  for (const Algorithm& algorithm : kAlgorithms) {
    if (algorithm.name == name) return &algorithm;
  }
  return nullptr;
}

bool is_same_algorithm(const Algorithm& a, const Algorithm& b) {
  if (a.scheme == SignatureScheme::ed25519) return b.scheme == SignatureScheme::ed25519;
  return a.name == b.name;
}

bool fits_key(const Algorithm& algorithm, const EVP_PKEY& key) {
  switch (algorithm.scheme) {
    case SignatureScheme::ecdsa:
      return find_curve_of(key) == algorithm.curve;
    case SignatureScheme::rsa_pkcs1:
    case SignatureScheme::rsa_pss:
      return EVP_PKEY_get_base_id(&key) == EVP_PKEY_RSA;
    case SignatureScheme::ed25519:
      return EVP_PKEY_get_base_id(&key) == EVP_PKEY_ED25519;
  }
  return false;
}

std::size_t signature_octets(const Algorithm& algorithm, const EVP_PKEY& key) {
  if (algorithm.curve != nullptr) return 2 * algorithm.curve->coordinate_octets;
  return static_cast<std::size_t>(EVP_PKEY_get_size(&key));
}

}  // namespace certbound::jose
