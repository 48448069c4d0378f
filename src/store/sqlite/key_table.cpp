#include "store/sqlite/key_table.hpp"

#include "store/sqlite/transaction.hpp"

namespace certbound::store::sqlite {

namespace {

constexpr std::string_view kSealing = "A256GCM";

WallTime time_of(long long seconds) { return WallTime{std::chrono::seconds{seconds}}; }

Result<model::KeyRecord> read_key_record(const Cursor& row) {
  model::KeyRecord record;
  record.kid = row.text(0);
  record.algorithm = model::parse_signing_algorithm(row.text(1));
  const auto state = model::parse_key_state(row.text(2));
  const bool is_known = record.algorithm || row.text(1) == kSealing;
  if (!is_known || !state) return internal_error("stored key " + record.kid + ": unknown algorithm or state");
  record.state = *state;
  record.created_at = time_of(row.integer(3));
  record.used_from = time_of(row.integer(4));
  record.retired_at = time_of(row.integer(5));
  record.remove_at = time_of(row.integer(6));
  record.token_lifetime = std::chrono::seconds{row.integer(7)};
  record.cache_lifetime = std::chrono::seconds{row.integer(8)};
  record.is_encrypted = row.integer(9) != 0;
  return record;
}

}  // namespace

Result<std::vector<model::KeyRecord>> KeyTable::list_keys() {
  auto cursor = list_.start(database_);
  if (!cursor) return std::move(cursor).error();
  std::vector<model::KeyRecord> records;
  for (;;) {
    auto row = cursor->step();
    if (!row) return std::move(row).error();
    if (!*row) return records;
    auto record = read_key_record(*cursor);
    if (!record) return std::move(record).error();
    records.push_back(*std::move(record));
  }
}

Result<std::vector<StoredKey>> KeyTable::load_keys() {
  auto cursor = load_.start(database_);
  if (!cursor) return std::move(cursor).error();
  std::vector<StoredKey> keys;
  for (;;) {
    auto row = cursor->step();
    if (!row) return std::move(row).error();
    if (!*row) return keys;
    auto record = read_key_record(*cursor);
    if (!record) return std::move(record).error();
    const ByteView public_key = cursor->octets(10);
    const ByteView secret = cursor->octets(11);
    keys.emplace_back(*std::move(record), crypto::Secret{Bytes{secret.begin(), secret.end()}},
                      Bytes{public_key.begin(), public_key.end()});
  }
}

Result<void> KeyTable::put_key(const StoredKey& key) {
  auto cursor = put_.start(database_);
  if (!cursor) return std::move(cursor).error();
  const model::KeyRecord& record = key.record;
  cursor->bind_text(1, record.kid);
  cursor->bind_text(2, algorithm_name(record));
  cursor->bind_text(3, name(record.state));
  cursor->bind_integer(4, unix_seconds(record.created_at));
  cursor->bind_integer(5, unix_seconds(record.used_from));
  cursor->bind_integer(6, unix_seconds(record.retired_at));
  cursor->bind_integer(7, unix_seconds(record.remove_at));
  cursor->bind_integer(8, record.token_lifetime.count());
  cursor->bind_integer(9, record.cache_lifetime.count());
  cursor->bind_integer(10, record.is_encrypted ? 1 : 0);
  cursor->bind_octets(11, key.public_key);
  cursor->bind_octets(12, key.secret.expose());
  return cursor->finish();
}

Result<void> KeyTable::remove_key(const std::string& kid) {
  auto cursor = remove_.start(database_);
  if (!cursor) return std::move(cursor).error();
  cursor->bind_text(1, kid);
  return cursor->finish();
}

Result<void> KeyTable::change_keys(std::span<const StoredKey> put, std::span<const std::string> removed) {
  auto transaction = Transaction::begin(database_);
  if (!transaction) return std::move(transaction).error();
  for (const std::string& kid : removed) {
    if (auto done = remove_key(kid); !done) return done;
  }
  for (const StoredKey& key : put) {
    if (auto done = put_key(key); !done) return done;
  }
  return transaction->commit();
}

/// Freed octets are overwritten (configure_writer); what is left of them is in the log.
Result<void> KeyTable::erase_remains() {
  const auto is_busy = database_.query_integer("PRAGMA wal_checkpoint(TRUNCATE)");
  if (!is_busy) return is_busy.error();
  if (*is_busy != 0) return internal_error(database_.path().string() + ": its log is in use");
  return {};
}

}  // namespace certbound::store::sqlite
