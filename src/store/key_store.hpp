#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/base64url.hpp"
#include "base/result.hpp"
#include "crypto/secret.hpp"
#include "model/key_record.hpp"

namespace certbound::store {

/// A key with its secret half, as it lies in the store.
struct StoredKey {
  StoredKey(model::KeyRecord key_record, crypto::Secret key_secret, Bytes key_public = {})
      : record{std::move(key_record)}, secret{std::move(key_secret)}, public_key{std::move(key_public)} {}

  model::KeyRecord record;
  crypto::Secret secret;  ///< DER PKCS#8, or a sealing key's octets; encrypted where the record says so; empty where it
                          ///< is needed no more
  Bytes public_key;       ///< DER SubjectPublicKeyInfo; empty where it follows from the secret, and of a sealing key
};

/// Reads keys without their secret halves. Threads and errors as ClientReader.
class KeyReader {
 public:
  KeyReader() = default;
  KeyReader(const KeyReader&) = delete;
  KeyReader& operator=(const KeyReader&) = delete;
  virtual ~KeyReader() = default;

  /// Oldest first, equal ages by kid.
  [[nodiscard]] virtual Result<std::vector<model::KeyRecord>> list_keys() = 0;
};

/// Also secret halves, and writes.
class KeyStore : public KeyReader {
 public:
  /// In the order of list_keys().
  [[nodiscard]] virtual Result<std::vector<StoredKey>> load_keys() = 0;

  /// Removes the keys of these kids, then puts those of `put` in their order: each is added, or takes the place of the
  /// one with its kid. All of it or nothing; on the disk when it returns. Errors, besides those of ClientReader:
  /// `server_error` where an algorithm would have two active keys.
  [[nodiscard]] virtual Result<void> change_keys(std::span<const StoredKey> put,
                                                 std::span<const std::string> removed) = 0;

  /// What was removed or replaced is not left in the store's files either, as far as they are in its hand: the disk
  /// beneath may have copies. Errors: as ClientReader, also where others read at that moment; then it can be tried
  /// again.
  [[nodiscard]] virtual Result<void> erase_remains() = 0;
};

}  // namespace certbound::store
