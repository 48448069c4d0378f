#include "store/sqlite/key_table.hpp"

namespace certbound::store::sqlite {

namespace {

Result<model::SigningKeyRecord> read_key_record(const Cursor& row) {
  const std::string kid{row.text(0)};
  const auto algorithm = model::parse_signing_algorithm(row.text(1));
  const auto state = model::parse_key_state(row.text(2));
  if (!algorithm || !state) return internal_error("stored signing key " + kid + ": unknown algorithm or state");
  return model::SigningKeyRecord{kid, *algorithm, *state, WallTime{std::chrono::seconds{row.integer(3)}}};
}

}  // namespace

Result<std::vector<model::SigningKeyRecord>> KeyTable::list_keys() {
  auto cursor = list_.start(database_);
  if (!cursor) return std::move(cursor).error();
  std::vector<model::SigningKeyRecord> records;
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
    const ByteView pkcs8 = cursor->octets(4);
    keys.emplace_back(*std::move(record), crypto::Secret{Bytes{pkcs8.begin(), pkcs8.end()}});
  }
}

Result<void> KeyTable::insert_key(const StoredKey& key) {
  auto cursor = insert_.start(database_);
  if (!cursor) return std::move(cursor).error();
  cursor->bind_text(1, key.record.kid);
  cursor->bind_text(2, name(key.record.algorithm));
  cursor->bind_text(3, name(key.record.state));
  cursor->bind_integer(4, unix_seconds(key.record.created_at));
  cursor->bind_octets(5, key.pkcs8.expose());
  return cursor->finish();
}

}  // namespace certbound::store::sqlite
