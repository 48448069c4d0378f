#include "store/memory/memory_keys.hpp"

#include <algorithm>
#include <utility>

namespace certbound::store::memory {

namespace {

bool is_older(const StoredKey& a, const StoredKey& b) {
  return std::pair{a.record.created_at, a.record.kid} < std::pair{b.record.created_at, b.record.kid};
}

void remove_key(std::vector<StoredKey>& keys, const std::string& kid) {
  std::erase_if(keys, [&kid](const StoredKey& key) { return key.record.kid == kid; });
}

}  // namespace

Result<std::vector<model::KeyRecord>> MemoryKeys::list_keys() {
  std::vector<model::KeyRecord> records;
  for (const StoredKey& key : keys_) records.push_back(key.record);
  return records;
}

Result<void> MemoryKeys::change_keys(std::span<const StoredKey> put, std::span<const std::string> removed) {
  std::vector<StoredKey> keys = keys_;
  for (const std::string& kid : removed) remove_key(keys, kid);
  for (const StoredKey& key : put) {
    remove_key(keys, key.record.kid);
    const bool is_refused =
        key.record.state == model::KeyState::active &&
        std::any_of(keys.begin(), keys.end(), [&key](const StoredKey& other) {
          return other.record.state == model::KeyState::active && other.record.algorithm == key.record.algorithm;
        });
    if (is_refused) return internal_error("an active key exists besides " + key.record.kid);
    keys.insert(std::upper_bound(keys.begin(), keys.end(), key, is_older), key);
  }
  keys_ = std::move(keys);
  return {};
}

}  // namespace certbound::store::memory
