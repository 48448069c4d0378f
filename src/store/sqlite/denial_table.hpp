#pragma once

#include "store/denial_store.hpp"
#include "store/sqlite/database.hpp"
#include "store/sqlite/statement.hpp"

namespace certbound::store::sqlite {

/// The table `denial` through one connection, which outlives it. On a connection that only reads, only DenialReader's
/// functions work.
class DenialTable final : public DenialStore {
 public:
  explicit DenialTable(Database& database) : database_{database} {}

  [[nodiscard]] Result<std::vector<model::Denial>> list_denials(std::uint64_t after_id, std::size_t limit) override;
  [[nodiscard]] Result<void> add_denials(std::span<model::Denial> denials) override;
  [[nodiscard]] Result<std::optional<model::Denial>> remove_denial(std::uint64_t id) override;
  [[nodiscard]] Result<std::vector<model::Denial>> forget_denials(WallTime now, std::size_t limit) override;

 private:
  Result<void> add_one(model::Denial& denial);

  Database& database_;
  Statement list_{
      "SELECT id, kind, subject, issued_before, reason, created_at, until FROM denial "
      "WHERE id > ?1 ORDER BY id LIMIT ?2"};
  Statement add_{
      "INSERT INTO denial (kind, subject, issued_before, reason, created_at, until) "
      "VALUES (?1, ?2, iif(?3, ?4, NULL), ?5, ?6, ?7) RETURNING id"};
  Statement remove_{
      "DELETE FROM denial WHERE id = ?1 "
      "RETURNING id, kind, subject, issued_before, reason, created_at, until"};
  Statement forget_{
      "DELETE FROM denial WHERE id IN (SELECT id FROM denial WHERE until <= ?1 ORDER BY until LIMIT ?2) "
      "RETURNING id, kind, subject, issued_before, reason, created_at, until"};
};

}  // namespace certbound::store::sqlite
