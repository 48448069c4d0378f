#pragma once

#include <utility>
#include <vector>

#include "base/result.hpp"
#include "crypto/secret.hpp"
#include "model/signing_key.hpp"

namespace certbound::store {

/// A signing key with its private half.
struct StoredKey {
  StoredKey(model::SigningKeyRecord key_record, crypto::Secret private_key)
      : record{std::move(key_record)}, pkcs8{std::move(private_key)} {}

  model::SigningKeyRecord record;
  crypto::Secret pkcs8;  ///< DER PKCS#8, unencrypted
};

/// Reads signing keys without their private halves. Threads and errors as ClientReader.
class KeyReader {
 public:
  KeyReader() = default;
  KeyReader(const KeyReader&) = delete;
  KeyReader& operator=(const KeyReader&) = delete;
  virtual ~KeyReader() = default;

  /// Oldest first, equal ages by kid.
  [[nodiscard]] virtual Result<std::vector<model::SigningKeyRecord>> list_keys() = 0;
};

/// Also private halves, and writes.
class KeyStore : public KeyReader {
 public:
  /// In the order of list_keys().
  [[nodiscard]] virtual Result<std::vector<StoredKey>> load_keys() = 0;

  /// On the disk when it returns. Errors, besides those of ClientReader: `server_error` where the kid exists already,
  /// or where the key is active and its algorithm has an active key (another program was faster: load_keys() has its
  /// key).
  [[nodiscard]] virtual Result<void> insert_key(const StoredKey& key) = 0;
};

}  // namespace certbound::store
