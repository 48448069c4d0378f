#pragma once

#include "store/key_store.hpp"
#include "store/sqlite/database.hpp"
#include "store/sqlite/statement.hpp"

namespace certbound::store::sqlite {

/// The table `signing_key` through one connection, which outlives it. On a connection that only reads, insert_key does
/// not work.
class KeyTable final : public KeyStore {
 public:
  explicit KeyTable(Database& database) : database_{database} {}

  [[nodiscard]] Result<std::vector<model::SigningKeyRecord>> list_keys() override;
  [[nodiscard]] Result<std::vector<StoredKey>> load_keys() override;
  [[nodiscard]] Result<void> insert_key(const StoredKey& key) override;

 private:
  Database& database_;
  Statement list_{"SELECT kid, algorithm, state, created_at FROM signing_key ORDER BY created_at, kid"};
  Statement load_{"SELECT kid, algorithm, state, created_at, pkcs8 FROM signing_key ORDER BY created_at, kid"};
  Statement insert_{"INSERT INTO signing_key (kid, algorithm, state, created_at, pkcs8) VALUES (?1, ?2, ?3, ?4, ?5)"};
};

}  // namespace certbound::store::sqlite
