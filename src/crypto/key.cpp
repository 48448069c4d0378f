#include "crypto/key.hpp"

#include <array>
#include <string>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>

namespace certbound::crypto {

namespace {

constexpr int kMaximumRsaBits = 8192;

EVP_PKEY* generate(KeyType type) {
  switch (type) {
    case KeyType::ec_p256:
      return EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
    case KeyType::rsa_2048:
      return EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048});
    case KeyType::ed25519:
      return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  }
  return nullptr;
}

/// OpenSSL would ask on the terminal for the passphrase of an encrypted key; a daemon must not.
int refuse_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

Secret take_bio(BIO* bio) {
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio, &data);
  return Secret{Bytes{data, data + length}};
}

/// RFC 5480 section 2.1.1 forbids them; parameters that spell out a known curve can differ from it in the generator
/// (CVE-2020-0601).
bool has_explicit_parameters(const EVP_PKEY& key) {
  int is_explicit = 0;
  if (EVP_PKEY_get_int_param(&key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &is_explicit) != 1) {
    ERR_clear_error();
    return true;
  }
  return is_explicit != 0;
}

/// Empty where the key names no curve.
std::string curve_name(const EVP_PKEY& key) {
  if (has_explicit_parameters(key)) return {};
  std::array<char, 64> name{};
  std::size_t length = 0;
  if (EVP_PKEY_get_group_name(&key, name.data(), name.size(), &length) != 1) {
    ERR_clear_error();
    return {};
  }
  return {name.data(), length};
}

Result<void> refuse_key(Reason reason, std::string detail) {
  return Error{ErrorCode::invalid_client, reason, "client authentication failed", std::move(detail)};
}

Result<void> check_rsa(const EVP_PKEY& key) {
  const int bits = EVP_PKEY_get_bits(&key);
  if (bits < 2048)
    return refuse_key(Reason::weak_key, "an RSA key of " + std::to_string(bits) + " bits; at least 2048");
  if (bits > kMaximumRsaBits) {
    return refuse_key(Reason::certificate_unusable,
                      "an RSA key of " + std::to_string(bits) + " bits; at most " + std::to_string(kMaximumRsaBits));
  }
  return {};
}

Result<void> check_ec(const EVP_PKEY& key) {
  const std::string curve = curve_name(key);
  if (curve == "prime256v1" || curve == "secp384r1" || curve == "secp521r1") return {};
  const Reason reason = EVP_PKEY_get_security_bits(&key) < 112 ? Reason::weak_key : Reason::certificate_unusable;
  return refuse_key(reason, "an EC key on " + (curve.empty() ? "explicit parameters" : curve) +
                                "; P-256, P-384 or P-521 are accepted");
}

}  // namespace

Result<KeyHandle> make_key(KeyType type) {
  KeyHandle key{generate(type)};
  if (!key) return internal_error("key generation: " + take_openssl_errors());
  return key;
}

Result<Secret> to_pkcs8(const EVP_PKEY& key) {
  const BioHandle bio{BIO_new(BIO_s_secmem())};
  if (!bio || i2d_PKCS8PrivateKey_bio(bio.get(), &key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return internal_error("encoding a private key: " + take_openssl_errors());
  }
  return take_bio(bio.get());
}

Result<KeyHandle> parse_pkcs8(ByteView der) {
  const std::uint8_t* position = der.data();
  KeyHandle key{d2i_AutoPrivateKey(nullptr, &position, static_cast<long>(der.size()))};
  if (!key) return internal_error("a stored private key is not PKCS#8: " + take_openssl_errors());
  if (position != der.data() + der.size()) return internal_error("a stored private key has octets behind it");
  return key;
}

Result<Bytes> to_public_der(const EVP_PKEY& key) {
  const int length = i2d_PUBKEY(&key, nullptr);
  Bytes der(length > 0 ? static_cast<std::size_t>(length) : 0);
  std::uint8_t* position = der.data();
  if (der.empty() || i2d_PUBKEY(&key, &position) != length) {
    return internal_error("encoding a public key: " + take_openssl_errors());
  }
  return der;
}

Result<KeyHandle> parse_public_der(ByteView der) {
  const std::uint8_t* position = der.data();
  KeyHandle key{d2i_PUBKEY(nullptr, &position, static_cast<long>(der.size()))};
  if (!key) return internal_error("a stored public key is not SubjectPublicKeyInfo: " + take_openssl_errors());
  if (position != der.data() + der.size()) return internal_error("a stored public key has octets behind it");
  return key;
}

Result<KeyHandle> parse_private_key_pem(std::string_view pem) {
  // BIO_new_mem_buf takes an empty text without a pointer for a fault of ours.
  if (pem.empty()) return invalid_input("no private key in PEM form (empty)");
  const BioHandle bio{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
  if (!bio) return internal_error(take_openssl_errors());
  bool passphrase_asked = false;
  KeyHandle key{PEM_read_bio_PrivateKey(bio.get(), nullptr, refuse_passphrase, &passphrase_asked)};
  if (key) return key;
  const std::string errors = take_openssl_errors();
  if (passphrase_asked) {
    return invalid_input(
        "the private key is encrypted; decrypt it (openssl pkey -in KEY -out PLAIN) and protect the file by its mode");
  }
  return invalid_input("no private key in PEM form (" + errors + ")");
}

Result<std::vector<KeyHandle>> parse_public_keys_pem(std::string_view pem) {
  std::vector<KeyHandle> keys;
  constexpr std::string_view kBegin = "-----BEGIN ";
  constexpr std::string_view kPublic = "-----BEGIN PUBLIC KEY-----";
  for (std::size_t at = pem.find(kBegin); at != std::string_view::npos; at = pem.find(kBegin, at + 1)) {
    if (!pem.substr(at).starts_with(kPublic)) {
      return invalid_input("a block that is no PUBLIC KEY (openssl pkey -pubout, or openssl x509 -pubkey, makes one)");
    }
    const std::string_view rest = pem.substr(at);
    const BioHandle bio{BIO_new_mem_buf(rest.data(), static_cast<int>(rest.size()))};
    if (!bio) return internal_error(take_openssl_errors());
    KeyHandle key{PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr)};
    if (!key) return invalid_input("a public key in PEM form that cannot be read (" + take_openssl_errors() + ")");
    keys.push_back(std::move(key));
  }
  if (keys.empty()) return invalid_input("no public key in PEM form");
  return keys;
}

Result<Secret> to_private_key_pem(const EVP_PKEY& key) {
  const BioHandle bio{BIO_new(BIO_s_secmem())};
  if (!bio || PEM_write_bio_PKCS8PrivateKey(bio.get(), &key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return internal_error("encoding a private key: " + take_openssl_errors());
  }
  return take_bio(bio.get());
}

Result<void> check_key_strength(const EVP_PKEY& key) {
  switch (EVP_PKEY_get_base_id(&key)) {
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS:
      return check_rsa(key);
    case EVP_PKEY_EC:
      return check_ec(key);
    case EVP_PKEY_ED25519:
    case EVP_PKEY_ED448:
      return {};
    default:
      return refuse_key(Reason::certificate_unusable, "a key of type " + describe_key(key));
  }
}

std::string describe_key(const EVP_PKEY& key) {
  switch (EVP_PKEY_get_base_id(&key)) {
    case EVP_PKEY_RSA:
      return "RSA " + std::to_string(EVP_PKEY_get_bits(&key));
    case EVP_PKEY_RSA_PSS:
      return "RSA-PSS " + std::to_string(EVP_PKEY_get_bits(&key));
    case EVP_PKEY_EC: {
      const std::string curve = curve_name(key);
      if (curve == "prime256v1") return "EC P-256";
      if (curve == "secp384r1") return "EC P-384";
      if (curve == "secp521r1") return "EC P-521";
      return "EC " + (curve.empty() ? "with explicit parameters" : curve);
    }
    default: {
      const char* type = EVP_PKEY_get0_type_name(&key);
      if (type == nullptr) return "of unknown type";
      const std::string_view name{type};
      return name == "ED25519" ? "Ed25519" : name == "ED448" ? "Ed448" : std::string{name};
    }
  }
}

}  // namespace certbound::crypto
