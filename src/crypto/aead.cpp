#include "crypto/aead.hpp"

#include <vector>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "crypto/handle.hpp"
#include "crypto/random.hpp"

namespace certbound::crypto {

namespace {

using CipherContextHandle = std::unique_ptr<EVP_CIPHER_CTX, Deleter<EVP_CIPHER_CTX_free>>;

Error aead_error(std::string_view doing) {
  return internal_error("AES-256-GCM: " + std::string{doing} + ": " + take_openssl_errors());
}

int size_of(ByteView octets) { return static_cast<int>(octets.size()); }

}  // namespace

Result<SealedText> seal_aes_256_gcm(ByteView key, ByteView associated, ByteView text) {
  GcmNonce nonce{};
  if (auto filled = fill_random(nonce); !filled) return std::move(filled).error();
  return seal_aes_256_gcm(key, nonce, associated, text);
}

Result<SealedText> seal_aes_256_gcm(ByteView key, const GcmNonce& nonce, ByteView associated, ByteView text) {
  if (key.size() != kAes256KeyOctets) return internal_error("AES-256-GCM: a key of " + std::to_string(key.size()));
  SealedText sealed;
  sealed.nonce = nonce;
  const CipherContextHandle context{EVP_CIPHER_CTX_new()};
  if (!context ||
      EVP_EncryptInit_ex2(context.get(), EVP_aes_256_gcm(), key.data(), sealed.nonce.data(), nullptr) != 1) {
    return aead_error("start");
  }
  int length = 0;
  if (EVP_EncryptUpdate(context.get(), nullptr, &length, associated.data(), size_of(associated)) != 1) {
    return aead_error("associated data");
  }
  sealed.ciphertext.resize(text.size());
  if (!text.empty() &&
      EVP_EncryptUpdate(context.get(), sealed.ciphertext.data(), &length, text.data(), size_of(text)) != 1) {
    return aead_error("text");
  }
  std::array<std::uint8_t, 16> rest{};
  if (EVP_EncryptFinal_ex(context.get(), rest.data(), &length) != 1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, static_cast<int>(sealed.tag.size()),
                          sealed.tag.data()) != 1) {
    return aead_error("tag");
  }
  return sealed;
}

std::optional<Secret> open_aes_256_gcm(ByteView key, ByteView associated, const SealedText& sealed) {
  if (key.size() != kAes256KeyOctets) return std::nullopt;
  const CipherContextHandle context{EVP_CIPHER_CTX_new()};
  Bytes text(sealed.ciphertext.size());
  std::array<std::uint8_t, 16> tag = sealed.tag;
  std::array<std::uint8_t, 16> rest{};
  int length = 0;
  const bool is_open =
      context && EVP_DecryptInit_ex2(context.get(), EVP_aes_256_gcm(), key.data(), sealed.nonce.data(), nullptr) == 1 &&
      EVP_DecryptUpdate(context.get(), nullptr, &length, associated.data(), size_of(associated)) == 1 &&
      (text.empty() || EVP_DecryptUpdate(context.get(), text.data(), &length, sealed.ciphertext.data(),
                                         size_of(sealed.ciphertext)) == 1) &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, static_cast<int>(tag.size()), tag.data()) == 1 &&
      EVP_DecryptFinal_ex(context.get(), rest.data(), &length) == 1;
  Secret opened{std::move(text)};  // wiped also where the tag is another
  if (is_open) return opened;
  ERR_clear_error();
  return std::nullopt;
}

Result<Secret> derive_key(const Secret& secret, std::string_view purpose, ByteView salt) {
  const std::unique_ptr<EVP_KDF, Deleter<EVP_KDF_free>> kdf{EVP_KDF_fetch(nullptr, "HKDF", nullptr)};
  const std::unique_ptr<EVP_KDF_CTX, Deleter<EVP_KDF_CTX_free>> context{kdf ? EVP_KDF_CTX_new(kdf.get()) : nullptr};
  Bytes material{secret.expose().begin(), secret.expose().end()};
  Bytes salted{salt.begin(), salt.end()};
  std::string info{purpose};
  std::string digest = "SHA256";
  std::vector<OSSL_PARAM> parameters{
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, material.data(), material.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.data(), info.size())};
  // OpenSSL takes no empty one.
  if (!salted.empty()) {
    parameters.push_back(OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salted.data(), salted.size()));
  }
  parameters.push_back(OSSL_PARAM_construct_end());
  Bytes key(kAes256KeyOctets);
  const bool is_derived = context && EVP_KDF_derive(context.get(), key.data(), key.size(), parameters.data()) == 1;
  const Secret wiped{std::move(material)};
  if (!is_derived) return internal_error("HKDF: " + take_openssl_errors());
  return Secret{std::move(key)};
}

}  // namespace certbound::crypto
