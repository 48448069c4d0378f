#include "store/sqlite/seen_certificate_table.hpp"

#include <algorithm>
#include <chrono>
#include <limits>

#include "store/sqlite/transaction.hpp"

namespace certbound::store::sqlite {

namespace {

WallTime read_time(const Cursor& row, int column) { return WallTime{std::chrono::seconds{row.integer(column)}}; }

SeenCertificate read_seen(const Cursor& row) {
  SeenCertificate seen;
  seen.client_id = row.text(0);
  seen.x5t_s256 = row.text(1);
  seen.serial = row.text(2);
  seen.issuer = row.text(3);
  seen.not_after = read_time(row, 4);
  seen.first_seen = read_time(row, 5);
  seen.last_seen = read_time(row, 6);
  return seen;
}

}  // namespace

Result<std::optional<SeenCertificate>> SeenCertificateTable::find_seen(const model::ClientId& id) {
  auto cursor = find_.start(database_);
  if (!cursor) return std::move(cursor).error();
  cursor->bind_text(1, id.text());
  const auto row = cursor->step();
  if (!row) return row.error();
  if (!*row) return std::optional<SeenCertificate>{};
  return std::optional{read_seen(*cursor)};
}

Result<std::vector<SeenCertificate>> SeenCertificateTable::list_ending(WallTime end, std::size_t limit) {
  auto cursor = list_.start(database_);
  if (!cursor) return std::move(cursor).error();
  constexpr std::size_t kMost = std::numeric_limits<std::int32_t>::max();
  cursor->bind_integer(1, unix_seconds(end));
  cursor->bind_integer(2, static_cast<long long>(std::min(limit, kMost)));
  std::vector<SeenCertificate> ending;
  for (;;) {
    const auto row = cursor->step();
    if (!row) return row.error();
    if (!*row) return ending;
    ending.push_back(read_seen(*cursor));
  }
}

Result<std::size_t> SeenCertificateTable::count_ending(WallTime end) {
  auto cursor = count_.start(database_);
  if (!cursor) return std::move(cursor).error();
  cursor->bind_integer(1, unix_seconds(end));
  const auto row = cursor->step();
  if (!row) return row.error();
  return static_cast<std::size_t>(*row ? cursor->integer(0) : 0);
}

Result<void> SeenCertificateTable::note_seen(std::span<const SeenCertificate> seen) {
  auto transaction = Transaction::begin(database_);
  if (!transaction) return std::move(transaction).error();
  for (const SeenCertificate& one : seen) {
    if (auto noted = note_one(one); !noted) return noted;
  }
  return transaction->commit();
}

Result<void> SeenCertificateTable::note_one(const SeenCertificate& seen) {
  auto cursor = note_.start(database_);
  if (!cursor) return std::move(cursor).error();
  cursor->bind_text(1, seen.client_id);
  cursor->bind_text(2, seen.x5t_s256);
  cursor->bind_text(3, seen.serial);
  cursor->bind_text(4, seen.issuer);
  cursor->bind_integer(5, unix_seconds(seen.not_after));
  cursor->bind_integer(6, unix_seconds(seen.first_seen));
  cursor->bind_integer(7, unix_seconds(seen.last_seen));
  return cursor->finish();
}

}  // namespace certbound::store::sqlite
