#pragma once

#include "store/key_store.hpp"
#include "store/sqlite/database.hpp"
#include "store/sqlite/statement.hpp"

namespace certbound::store::sqlite {

/// The table `token_key` through one connection, which outlives it. On a connection that only reads, writing does not
/// work.
class KeyTable final : public KeyStore {
 public:
  explicit KeyTable(Database& database) : database_{database} {}

  [[nodiscard]] Result<std::vector<model::KeyRecord>> list_keys() override;
  [[nodiscard]] Result<std::vector<StoredKey>> load_keys() override;
  [[nodiscard]] Result<void> change_keys(std::span<const StoredKey> put, std::span<const std::string> removed) override;
  [[nodiscard]] Result<void> erase_remains() override;

 private:
  [[nodiscard]] Result<void> put_key(const StoredKey& key);
  [[nodiscard]] Result<void> remove_key(const std::string& kid);

  Database& database_;
  Statement list_{
      "SELECT kid, algorithm, state, created_at, used_from, retired_at, remove_at, token_lifetime, cache_lifetime, "
      "is_encrypted FROM token_key ORDER BY created_at, kid"};
  Statement load_{
      "SELECT kid, algorithm, state, created_at, used_from, retired_at, remove_at, token_lifetime, cache_lifetime, "
      "is_encrypted, public_key, secret FROM token_key ORDER BY created_at, kid"};
  Statement put_{
      "INSERT INTO token_key (kid, algorithm, state, created_at, used_from, retired_at, remove_at, token_lifetime, "
      "cache_lifetime, is_encrypted, public_key, secret) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) "
      "ON CONFLICT (kid) DO UPDATE SET algorithm = ?2, state = ?3, created_at = ?4, used_from = ?5, retired_at = ?6, "
      "remove_at = ?7, token_lifetime = ?8, cache_lifetime = ?9, is_encrypted = ?10, public_key = ?11, secret = ?12"};
  Statement remove_{"DELETE FROM token_key WHERE kid = ?1"};
};

}  // namespace certbound::store::sqlite
