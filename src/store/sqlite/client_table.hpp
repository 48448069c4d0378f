#pragma once

#include "store/client_store.hpp"
#include "store/sqlite/database.hpp"
#include "store/sqlite/statement.hpp"

namespace certbound::store::sqlite {

/// The tables `client`, with the secrets of each from `client_secret`, and `generation` through one connection, which
/// outlives it. On a connection that only reads,
/// only ClientReader's functions work.
class ClientTable final : public ClientStore {
 public:
  explicit ClientTable(Database& database) : database_{database} {}

  [[nodiscard]] Result<std::optional<model::Client>> find_client(const model::ClientId& id) override;
  [[nodiscard]] Result<std::vector<model::Client>> list_clients(std::string_view after_id, std::size_t limit) override;
  [[nodiscard]] Result<std::size_t> count_clients() override;
  [[nodiscard]] Result<Reconciliation> reconcile_clients(std::span<const model::Client> declared,
                                                         WallTime now) override;
  /// Of the table `generation`. Errors: as ClientReader.
  [[nodiscard]] Result<RegistryGeneration> load_generation();

 private:
  Result<void> apply_declared(const model::Client& client, WallTime now, Reconciliation& done);
  Result<void> remove_client(std::string_view client_id, Reconciliation& done);
  Result<void> remove_secrets(std::string_view client_id, Reconciliation& done);
  Result<void> begin_generation(WallTime now);
  Result<void> remove_undeclared(const std::vector<const model::Client*>& sorted, Reconciliation& done);
  Result<std::vector<std::string>> find_undeclared(const std::vector<const model::Client*>& sorted);

  Database& database_;
  // One row for each secret, or one without any: one statement, so that a client and its secrets are of one moment.
  Statement find_{
      "SELECT c.client_id, c.source, c.place, c.metadata, c.metadata_sha256, s.id, s.sha256, s.created_at, "
      "s.expires_at "
      "FROM client AS c LEFT JOIN client_secret AS s ON s.client_id = c.client_id WHERE c.client_id = ?1 ORDER BY "
      "s.id"};
  Statement list_{
      "SELECT c.client_id, c.source, c.place, c.metadata, c.metadata_sha256, s.id, s.sha256, s.created_at, "
      "s.expires_at "
      "FROM (SELECT * FROM client WHERE client_id > ?1 ORDER BY client_id LIMIT ?2) AS c "
      "LEFT JOIN client_secret AS s ON s.client_id = c.client_id ORDER BY c.client_id, s.id"};
  Statement find_state_{"SELECT source, place, metadata_sha256 FROM client WHERE client_id = ?1"};
  Statement list_declared_{"SELECT client_id FROM client WHERE source = ?1 ORDER BY client_id"};
  Statement insert_{
      "INSERT INTO client (client_id, source, place, metadata, metadata_sha256, created_at, updated_at) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)"};
  Statement update_{
      "UPDATE client SET place = ?2, metadata = ?3, metadata_sha256 = ?4, updated_at = ?5 WHERE client_id = ?1"};
  Statement move_{"UPDATE client SET place = ?2 WHERE client_id = ?1"};
  Statement remove_{"DELETE FROM client WHERE client_id = ?1"};
  Statement remove_secrets_{"DELETE FROM client_secret WHERE client_id = ?1 RETURNING id"};
  Statement forget_seen_{"DELETE FROM seen_certificate WHERE client_id = ?1"};
  Statement load_generation_{"SELECT number, since FROM generation"};
  Statement begin_generation_{
      "INSERT INTO generation (one, number, since) VALUES (1, 1, ?1) "
      "ON CONFLICT (one) DO UPDATE SET number = number + 1, since = excluded.since"};
};

}  // namespace certbound::store::sqlite
