#pragma once

#include "store/client_secret_store.hpp"
#include "store/sqlite/client_table.hpp"
#include "store/sqlite/database.hpp"
#include "store/sqlite/statement.hpp"

namespace certbound::store::sqlite {

/// The table `client_secret` through one connection, which outlives it, as does `clients`, of that connection too. On a
/// connection that only reads, only ClientSecretReader's functions work.
class ClientSecretTable final : public ClientSecretStore {
 public:
  ClientSecretTable(Database& database, ClientTable& clients) : database_{database}, clients_{clients} {}

  [[nodiscard]] Result<MethodCounts> count_methods() override;
  [[nodiscard]] Result<std::vector<std::string>> list_secret_clients(std::size_t limit) override;
  [[nodiscard]] Result<std::vector<OwnedSecret>> list_ending_secrets(WallTime now, WallTime end,
                                                                     std::size_t limit) override;
  [[nodiscard]] Result<std::size_t> count_ending_secrets(WallTime now, WallTime end) override;
  [[nodiscard]] Result<model::ClientSecret> add_secret(const model::ClientId& id, model::ClientSecret secret) override;
  [[nodiscard]] Result<std::optional<model::ClientSecret>> remove_secret(const model::ClientId& id,
                                                                         std::uint64_t secret) override;

 private:
  Result<void> forget_over(const model::ClientId& id, WallTime now);
  Result<std::uint64_t> insert(const model::ClientId& id, const model::ClientSecret& secret);

  Database& database_;
  ClientTable& clients_;
  Statement count_methods_{
      "SELECT metadata ->> '$.token_endpoint_auth_method' AS method, count(*) FROM client GROUP BY method"};
  Statement list_clients_{
      "SELECT client_id FROM client WHERE metadata ->> '$.token_endpoint_auth_method' IN (?1, ?2) "
      "ORDER BY client_id LIMIT ?3"};
  Statement list_ending_{
      "SELECT id, sha256, created_at, expires_at, client_id FROM client_secret "
      "WHERE expires_at > ?1 AND expires_at < ?2 ORDER BY expires_at, id LIMIT ?3"};
  Statement count_ending_{"SELECT count(*) FROM client_secret WHERE expires_at > ?1 AND expires_at < ?2"};
  Statement insert_{
      "INSERT INTO client_secret (client_id, sha256, created_at, expires_at) "
      "VALUES (?1, ?2, ?3, iif(?4, ?5, NULL)) RETURNING id"};
  Statement forget_over_{"DELETE FROM client_secret WHERE client_id = ?1 AND expires_at <= ?2"};
  Statement remove_{
      "DELETE FROM client_secret WHERE id = ?1 AND client_id = ?2 RETURNING id, sha256, created_at, expires_at"};
};

/// Of four columns from `first` on: id, sha256, created_at, expires_at.
[[nodiscard]] model::ClientSecret read_secret(const Cursor& row, int first);

}  // namespace certbound::store::sqlite
