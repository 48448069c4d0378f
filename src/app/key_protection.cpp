#include "app/key_protection.hpp"

#include <algorithm>
#include <cerrno>
#include <string>
#include <sys/stat.h>

#include "base/file.hpp"
#include "crypto/aead.hpp"

namespace certbound::app {

namespace {

constexpr std::size_t kLeastOctets = 32;
constexpr std::size_t kMostOctets = 4096;

/// What the secret is bound to. A kid has no NUL, so no two keys have the same.
std::string bound_text(const model::KeyRecord& record) {
  return "certbound token key 1" + std::string(1, '\0') + std::string{algorithm_name(record)} + std::string(1, '\0') +
         record.kid;
}

Bytes join_parts(const crypto::SealedText& sealed) {
  Bytes all{sealed.nonce.begin(), sealed.nonce.end()};
  all.insert(all.end(), sealed.ciphertext.begin(), sealed.ciphertext.end());
  all.insert(all.end(), sealed.tag.begin(), sealed.tag.end());
  return all;
}

std::optional<crypto::SealedText> split_parts(ByteView all) {
  crypto::SealedText sealed;
  if (all.size() < sealed.nonce.size() + sealed.tag.size()) return std::nullopt;
  const ByteView nonce = all.first(sealed.nonce.size());
  const ByteView tag = all.last(sealed.tag.size());
  const ByteView text = all.subspan(nonce.size(), all.size() - nonce.size() - tag.size());
  std::copy(nonce.begin(), nonce.end(), sealed.nonce.begin());
  std::copy(tag.begin(), tag.end(), sealed.tag.begin());
  sealed.ciphertext.assign(text.begin(), text.end());
  return sealed;
}

}  // namespace

Result<crypto::Secret> load_key_encryption_key(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return invalid_input(path.string() + ": " + system_error_text(errno));
  if (S_ISREG(status.st_mode) && (status.st_mode & 077U) != 0) {
    return invalid_input(path.string() + ": others may read or change this key; run chmod 400 on it");
  }
  const auto content = load_file(path, kMostOctets);
  if (!content) return content.error();
  Bytes octets{content->begin(), content->end()};
  if (octets.size() < kLeastOctets) {
    return invalid_input(path.string() + ": " + std::to_string(octets.size()) +
                         " octets are too few for a key; make one of 32 random octets or more, for example by "
                         "openssl rand -hex 32");
  }
  if (octets.back() == '\n') octets.pop_back();
  return crypto::Secret{std::move(octets)};
}

Result<KeyProtection> KeyProtection::make(const crypto::Secret& key_encryption_key) {
  auto key = crypto::derive_key(key_encryption_key, "certbound token keys at rest 1");
  if (!key) return std::move(key).error();
  KeyProtection protection;
  protection.key_ = *std::move(key);
  return protection;
}

Result<void> KeyProtection::protect(store::StoredKey& key) const {
  if (!key_ || key.record.is_encrypted || key.secret.expose().empty()) return {};
  auto sealed = crypto::seal_aes_256_gcm(key_->expose(), as_bytes(bound_text(key.record)), key.secret.expose());
  if (!sealed) return std::move(sealed).error();
  key.secret = crypto::Secret{join_parts(*sealed)};
  key.record.is_encrypted = true;
  return {};
}

Result<crypto::Secret> KeyProtection::reveal(const store::StoredKey& key) const {
  if (!key.record.is_encrypted) return key.secret;
  if (!key_) {
    return invalid_input("key " + key.record.kid +
                         " of the state directory is encrypted; signing.key_encryption_key has to name the key with "
                         "which it was");
  }
  const auto sealed = split_parts(key.secret.expose());
  auto opened = sealed ? crypto::open_aes_256_gcm(key_->expose(), as_bytes(bound_text(key.record)), *sealed)
                       : std::optional<crypto::Secret>{};
  if (opened) return *std::move(opened);
  return invalid_input("key " + key.record.kid +
                       " of the state directory does not open with signing.key_encryption_key: it was encrypted with "
                       "another key (certbound keys reencrypt --old-key FILE), or is damaged");
}

}  // namespace certbound::app
