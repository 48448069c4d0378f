#include "app/reencrypt_keys.hpp"

#include <utility>
#include <vector>

namespace certbound::app {

Result<Reencryption> reencrypt_keys(store::KeyStore& store, const KeyProtection& before, const KeyProtection& next) {
  auto stored = store.load_keys();
  if (!stored) return std::move(stored).error();
  Reencryption done;
  std::vector<store::StoredKey> put;
  for (store::StoredKey& key : *stored) {
    if (key.secret.expose().empty()) continue;  // a retired key that signed
    if (key.record.is_encrypted && next.reveal(key)) {
      ++done.kept;
      continue;
    }
    auto secret = before.reveal(key);
    if (!secret) return std::move(secret).error();
    key.secret = *std::move(secret);
    key.record.is_encrypted = false;
    if (auto sealed = next.protect(key); !sealed) return std::move(sealed).error();
    put.push_back(std::move(key));
  }
  done.changed = put.size();
  if (put.empty()) return done;
  if (auto changed = store.change_keys(put, {}); !changed) return std::move(changed).error();
  return done;
}

}  // namespace certbound::app
