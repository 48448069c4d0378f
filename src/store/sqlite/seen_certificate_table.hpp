#pragma once

#include "store/seen_certificate.hpp"
#include "store/sqlite/database.hpp"
#include "store/sqlite/statement.hpp"

namespace certbound::store::sqlite {

/// The table `seen_certificate` through one connection, which outlives it. On a connection that only reads, only
/// SeenCertificateReader's functions work.
class SeenCertificateTable final : public SeenCertificateStore {
 public:
  explicit SeenCertificateTable(Database& database) : database_{database} {}

  [[nodiscard]] Result<std::optional<SeenCertificate>> find_seen(const model::ClientId& id) override;
  [[nodiscard]] Result<std::vector<SeenCertificate>> list_ending(WallTime end, std::size_t limit) override;
  [[nodiscard]] Result<std::size_t> count_ending(WallTime end) override;
  [[nodiscard]] Result<void> note_seen(std::span<const SeenCertificate> seen) override;

 private:
  Result<void> note_one(const SeenCertificate& seen);

  Database& database_;
  Statement find_{
      "SELECT client_id, x5t_s256, serial, issuer, not_after, first_seen, last_seen FROM seen_certificate "
      "WHERE client_id = ?1"};
  Statement list_{
      "SELECT client_id, x5t_s256, serial, issuer, not_after, first_seen, last_seen FROM seen_certificate "
      "WHERE not_after < ?1 ORDER BY not_after, client_id LIMIT ?2"};
  Statement count_{"SELECT count(*) FROM seen_certificate WHERE not_after < ?1"};
  Statement note_{
      "INSERT INTO seen_certificate (client_id, x5t_s256, serial, issuer, not_after, first_seen, last_seen) "
      "SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE EXISTS (SELECT 1 FROM client WHERE client_id = ?1) "
      "ON CONFLICT (client_id) DO UPDATE SET "
      "first_seen = iif(x5t_s256 = excluded.x5t_s256, first_seen, excluded.first_seen), x5t_s256 = excluded.x5t_s256, "
      "serial = excluded.serial, issuer = excluded.issuer, not_after = excluded.not_after, "
      "last_seen = excluded.last_seen WHERE excluded.last_seen >= last_seen"};
};

}  // namespace certbound::store::sqlite
