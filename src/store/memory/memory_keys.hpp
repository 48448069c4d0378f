#pragma once

#include <span>
#include <string>
#include <vector>

#include "store/key_store.hpp"

namespace certbound::store::memory {

/// The keys of a memory store.
class MemoryKeys final : public KeyStore {
 public:
  [[nodiscard]] Result<std::vector<model::KeyRecord>> list_keys() override;
  [[nodiscard]] Result<std::vector<StoredKey>> load_keys() override { return keys_; }
  [[nodiscard]] Result<void> change_keys(std::span<const StoredKey> put, std::span<const std::string> removed) override;
  [[nodiscard]] Result<void> erase_remains() override { return {}; }

 private:
  std::vector<StoredKey> keys_;
};

}  // namespace certbound::store::memory
