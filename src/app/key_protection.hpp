#pragma once

#include <filesystem>
#include <optional>

#include "base/result.hpp"
#include "crypto/secret.hpp"
#include "store/key_store.hpp"

namespace certbound::app {

/// The secret that `signing.key_encryption_key` names: the octets of the file as they are, but for one line feed at its
/// end, so that `openssl rand -hex 32` makes one as well as `head -c 32 /dev/urandom`. Errors: `invalid_request` where
/// it cannot be read, has less than 32 or more than 4096 octets, or others than its owner may read or change it;
/// `detail` names the file.
[[nodiscard]] Result<crypto::Secret> load_key_encryption_key(const std::filesystem::path& path);

/// How secret halves lie in the store: plain, or encrypted with AES-256-GCM under a key derived from the operator's
/// secret. A key's kid and algorithm are bound to it: one row's secret does not open in another row.
class KeyProtection {
 public:
  /// Plain.
  KeyProtection() = default;
  /// Encrypted. Errors: `server_error`.
  [[nodiscard]] static Result<KeyProtection> make(const crypto::Secret& key_encryption_key);

  [[nodiscard]] bool is_on() const { return key_.has_value(); }

  /// Encrypts the secret half where that is on and it is not yet. Errors: `server_error`.
  [[nodiscard]] Result<void> protect(store::StoredKey& key) const;

  /// The secret half, plain. Errors: `invalid_request` where it is encrypted and this is not the key for it; `detail`
  /// is for the operator.
  [[nodiscard]] Result<crypto::Secret> reveal(const store::StoredKey& key) const;

 private:
  std::optional<crypto::Secret> key_;
};

}  // namespace certbound::app
