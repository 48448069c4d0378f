#pragma once

#include <cstddef>

#include "app/key_protection.hpp"
#include "base/result.hpp"
#include "store/key_store.hpp"

namespace certbound::app {

/// What became of the secret halves in a store.
struct Reencryption {
  std::size_t changed = 0;  ///< encrypted anew, or for the first time
  std::size_t kept = 0;     ///< were encrypted under the new key already
};

/// Encrypts every secret half that lies in the store, of keys that sign and of keys that seal, under `next`; those that
/// are encrypted are opened with `before`. One transaction: whenever it is cut off, either all of them open with what
/// they did before or all with `next`; so it can be run again. For a store that no server uses. Errors: as KeyStore and
/// KeyProtection::reveal(); then nothing was changed.
[[nodiscard]] Result<Reencryption> reencrypt_keys(store::KeyStore& store, const KeyProtection& before,
                                                  const KeyProtection& next);

}  // namespace certbound::app
