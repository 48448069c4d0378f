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
  [[nodiscard]] Result<void> write_denials(std::span<model::Denial> denials) override;
  [[nodiscard]] Result<std::optional<model::Denial>> remove_denial(std::uint64_t id) override;
  [[nodiscard]] Result<std::vector<model::Denial>> forget_denials(WallTime now, std::size_t limit) override;

 private:
  Result<void> write_one(model::Denial& denial);

  Database& database_;
  Statement list_{
      "SELECT id, kind, subject, issued_before, reason, created_at, until, origin, revoked_by FROM denial "
      "WHERE id > ?1 ORDER BY id LIMIT ?2"};
  Statement write_{
      "INSERT INTO denial (id, kind, subject, issued_before, reason, created_at, until, origin, revoked_by) "
      "VALUES (iif(?1, ?1, NULL), ?2, ?3, iif(?4, ?5, NULL), ?6, ?7, iif(?8, ?9, NULL), ?10, ?11) "
      "ON CONFLICT (id) DO UPDATE SET issued_before = excluded.issued_before, reason = excluded.reason, "
      "until = excluded.until, origin = excluded.origin, revoked_by = excluded.revoked_by "
      "RETURNING id"};
  Statement remove_{
      "DELETE FROM denial WHERE id = ?1 "
      "RETURNING id, kind, subject, issued_before, reason, created_at, until, origin, revoked_by"};
  Statement forget_{
      "DELETE FROM denial WHERE id IN (SELECT id FROM denial WHERE until <= ?1 ORDER BY until LIMIT ?2) "
      "RETURNING id, kind, subject, issued_before, reason, created_at, until, origin, revoked_by"};
};

}  // namespace certbound::store::sqlite
