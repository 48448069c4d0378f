#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "app/key_ring.hpp"
#include "store/memory/memory_store.hpp"

namespace certbound::app {

template <typename T>
T take_or_throw(Result<T> result) {
  if (!result) throw std::runtime_error{result.error().detail};
  return *std::move(result);
}

/// Another store's keys, whose writes can be made to fail.
class UnsteadyKeys final : public store::KeyStore {
 public:
  explicit UnsteadyKeys(store::KeyStore& keys) : keys_{keys} {}
  Result<std::vector<model::KeyRecord>> list_keys() override { return keys_.list_keys(); }
  Result<std::vector<store::StoredKey>> load_keys() override { return keys_.load_keys(); }
  Result<void> change_keys(std::span<const store::StoredKey> put, std::span<const std::string> removed) override {
    if (is_broken) return internal_error("disk full");
    ++writes;
    return keys_.change_keys(put, removed);
  }
  Result<void> erase_remains() override { return keys_.erase_remains(); }

  bool is_broken = false;
  int writes = 0;

 private:
  store::KeyStore& keys_;
};

inline std::string states_of(const KeyRing::Plan& plan) {
  std::string text;
  for (const KeyRing::Key& key : plan.keys) text += std::string{name(key.stored.record.state)} + " ";
  return text;
}

}  // namespace certbound::app
