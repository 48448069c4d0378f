#include "jose/key_import.hpp"

#include <map>
#include <memory>
#include <string>

#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include "jose/ed25519_point.hpp"

namespace certbound::jose {

namespace {

using ParameterBuilderHandle = std::unique_ptr<OSSL_PARAM_BLD, crypto::Deleter<OSSL_PARAM_BLD_free>>;
using ParametersHandle = std::unique_ptr<OSSL_PARAM, crypto::Deleter<OSSL_PARAM_free>>;

constexpr std::size_t kMinimumModulusBits = 2048;
constexpr std::size_t kMaximumModulusBits = 8192;
constexpr std::size_t kMaximumExponentOctets = 8;
constexpr std::uint8_t kUncompressed = 0x04;

/// Nothing where OpenSSL refuses the parameters; its queue says why.
crypto::KeyHandle make_from_parameters(const char* type, OSSL_PARAM_BLD& builder, int selection) {
  const ParametersHandle parameters{OSSL_PARAM_BLD_to_param(&builder)};
  const crypto::KeyContextHandle context{EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr)};
  EVP_PKEY* key = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, selection, parameters.get()) != 1) {
    return nullptr;
  }
  return crypto::KeyHandle{key};
}

crypto::KeyHandle make_empty_key(const Curve& curve) {
  const ParameterBuilderHandle builder{OSSL_PARAM_BLD_new()};
  if (!builder || OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve.group, 0) != 1) {
    return nullptr;
  }
  return make_from_parameters("EC", *builder, EVP_PKEY_KEY_PARAMETERS);
}

/// A key of that curve without a point, of this thread; null where it cannot be made. Its copies are made in a fifth of
/// the time that a key takes whose curve is looked up by name.
EVP_PKEY* find_empty_key(const Curve& curve) {
  thread_local std::map<const Curve*, crypto::KeyHandle> keys;
  crypto::KeyHandle& key = keys[&curve];
  if (!key) key = make_empty_key(curve);
  return key.get();
}

/// Decoding the point has found as much in every OpenSSL so far; no other line here would notice if that changed.
bool is_valid_public_key(EVP_PKEY& key) {
  const crypto::KeyContextHandle context{EVP_PKEY_CTX_new_from_pkey(nullptr, &key, nullptr)};
  return context && EVP_PKEY_public_check_quick(context.get()) == 1;
}

crypto::BignumHandle make_bignum(ByteView octets) {
  return crypto::BignumHandle{BN_bin2bn(octets.data(), static_cast<int>(octets.size()), nullptr)};
}

Result<void> check_modulus(const BIGNUM& n) {
  const auto bits = static_cast<std::size_t>(BN_num_bits(&n));
  if (bits < kMinimumModulusBits || bits > kMaximumModulusBits) {
    return invalid_input("n: " + std::to_string(bits) + " bits; 2048 to 8192 are accepted");
  }
  if (BN_is_odd(&n) != 1) return invalid_input("n: an even number");
  return {};
}

Result<void> check_exponent(ByteView octets, const BIGNUM& e) {
  if (octets.size() > kMaximumExponentOctets) return invalid_input("e: longer than 64 bits");
  if (BN_is_odd(&e) != 1 || BN_is_one(&e) == 1) return invalid_input("e: not an odd number from 3");
  return {};
}

}  // namespace

Result<crypto::KeyHandle> make_ec_key(const Curve& curve, ByteView x, ByteView y) {
  Bytes point{kUncompressed};
  point.insert(point.end(), x.begin(), x.end());
  point.insert(point.end(), y.begin(), y.end());
  EVP_PKEY* empty = find_empty_key(curve);
  if (empty == nullptr) return internal_error("EC parameters: " + crypto::take_openssl_errors());
  crypto::KeyHandle key{EVP_PKEY_dup(empty)};
  if (!key) return internal_error("EC key: " + crypto::take_openssl_errors());
  if (EVP_PKEY_set1_encoded_public_key(key.get(), point.data(), point.size()) != 1 || !is_valid_public_key(*key)) {
    return invalid_input("x, y: not a point of " + std::string{curve.name} + " (" + crypto::take_openssl_errors() +
                         ")");
  }
  return key;
}

Result<crypto::KeyHandle> make_rsa_key(ByteView n, ByteView e) {
  const auto modulus = make_bignum(n);
  const auto exponent = make_bignum(e);
  if (!modulus || !exponent) return internal_error("RSA numbers: " + crypto::take_openssl_errors());
  if (auto checked = check_modulus(*modulus); !checked) return std::move(checked).error();
  if (auto checked = check_exponent(e, *exponent); !checked) return std::move(checked).error();
  const ParameterBuilderHandle builder{OSSL_PARAM_BLD_new()};
  if (!builder || OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) != 1) {
    return internal_error("RSA parameters: " + crypto::take_openssl_errors());
  }
  auto key = make_from_parameters("RSA", *builder, EVP_PKEY_PUBLIC_KEY);
  if (!key) return invalid_input("n, e: not an RSA key (" + crypto::take_openssl_errors() + ")");
  return key;
}

Result<crypto::KeyHandle> make_ed25519_key(ByteView x) {
  if (!is_ed25519_public_point(x)) return invalid_input("x: not a usable point of Ed25519");
  crypto::KeyHandle key{EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, x.data(), x.size())};
  if (!key) return internal_error("Ed25519 key: " + crypto::take_openssl_errors());
  return key;
}

}  // namespace certbound::jose
