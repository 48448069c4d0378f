#include "store/sqlite/migrate.hpp"

#include <string>

#include "crypto/digest.hpp"
#include "store/sqlite/statement.hpp"
#include "store/sqlite/transaction.hpp"

namespace certbound::store::sqlite {

namespace {

constexpr Sql kBootstrap =
    "PRAGMA application_id = 1667395172;"
    "CREATE TABLE schema_migration ("
    "  version     INTEGER NOT NULL PRIMARY KEY,"
    "  name        TEXT    NOT NULL,"
    "  sha256      TEXT    NOT NULL,"
    "  applied_at  INTEGER NOT NULL,"
    "  app_version TEXT    NOT NULL"
    ") STRICT";
static_assert(kApplicationId == 1667395172);

std::string migration_digest(const Migration& migration) {
  return hex_encode(crypto::sha256(migration.sql.text()).octets);
}

Error schema_error(const Database& database, std::string_view what) {
  return invalid_input(database.path().string() + ": " + std::string{what});
}

/// The version of a file of ours, 0 of an empty one.
Result<int> load_version(Database& database) {
  const auto application = database.query_integer("PRAGMA application_id");
  // The first look into the file. Where no lock or disk is in the way, it is not SQLite's, or damaged.
  if (!application && application.error().code == ErrorCode::temporarily_unavailable) return application.error();
  if (!application) return schema_error(database, "not a database of certbound: " + application.error().detail);
  const auto version = database.query_integer("PRAGMA user_version");
  if (!version) return version.error();
  if (*application == kApplicationId) return static_cast<int>(*version);
  const auto objects = database.query_integer("SELECT count(*) FROM sqlite_schema");
  if (!objects) return objects.error();
  if (*application != 0 || *version != 0 || *objects != 0) {
    return schema_error(database, "the database of another program; choose another state_dir");
  }
  return 0;
}

Result<void> check_recorded(Database& database, std::span<const Migration> applied) {
  Statement statement{"SELECT version, name, sha256 FROM schema_migration ORDER BY version"};
  auto cursor = statement.start(database);
  if (!cursor) return std::move(cursor).error();
  for (const Migration& migration : applied) {
    auto row = cursor->step();
    if (!row) return std::move(row).error();
    const bool same = *row && cursor->integer(0) == migration.version && cursor->text(1) == migration.name &&
                      cursor->text(2) == migration_digest(migration);
    if (!same) {
      return schema_error(database,
                          "migration " + std::string{migration.name} +
                              " was applied in another form than this program has; restore a backup, or run the "
                              "certbound that wrote it");
    }
  }
  auto more = cursor->step();
  if (!more) return std::move(more).error();
  if (*more) return schema_error(database, "schema_migration holds more than the schema's version says");
  return {};
}

}  // namespace

Result<int> load_schema_version(Database& database, std::span<const Migration> migrations) {
  const auto version = load_version(database);
  if (!version) return version.error();
  const int newest = static_cast<int>(migrations.size());
  if (*version > newest) {
    return schema_error(database, "written by a newer certbound: its schema is " + std::to_string(*version) +
                                      ", this program knows " + std::to_string(newest) +
                                      "; install that version again");
  }
  if (*version < 0) return schema_error(database, "the schema's version is negative");
  if (*version == 0) return 0;
  if (auto checked = check_recorded(database, migrations.first(static_cast<std::size_t>(*version))); !checked) {
    return std::move(checked).error();
  }
  return *version;
}

namespace {

Result<void> record_migration(Database& database, const Migration& migration, WallTime now) {
  Statement statement{
      "INSERT INTO schema_migration (version, name, sha256, applied_at, app_version) VALUES (?1, ?2, ?3, ?4, ?5)"};
  auto cursor = statement.start(database);
  if (!cursor) return std::move(cursor).error();
  const std::string digest = migration_digest(migration);
  cursor->bind_integer(1, migration.version);
  cursor->bind_text(2, migration.name);
  cursor->bind_text(3, digest);
  cursor->bind_integer(4, unix_seconds(now));
  cursor->bind_text(5, CERTBOUND_STORE_WRITER);
  return cursor->finish();
}

/// Applies the next missing migration. False where none is missing.
Result<bool> apply_next(Database& database, std::span<const Migration> migrations, WallTime now) {
  auto transaction = Transaction::begin(database);
  if (!transaction) return std::move(transaction).error();
  // Read under the lock: another program may have been faster.
  const auto version = load_schema_version(database, migrations);
  if (!version) return version.error();
  if (static_cast<std::size_t>(*version) == migrations.size()) return false;
  const Migration& next = migrations[static_cast<std::size_t>(*version)];
  if (*version == 0) {
    if (auto made = database.run(kBootstrap); !made) return std::move(made).error();
  }
  if (auto applied = database.run(next.sql); !applied) return std::move(applied).error();
  if (auto recorded = record_migration(database, next, now); !recorded) return std::move(recorded).error();
  if (auto numbered = database.set_user_version(next.version); !numbered) return std::move(numbered).error();
  if (auto committed = transaction->commit(); !committed) return std::move(committed).error();
  return true;
}

}  // namespace

Result<void> migrate(Database& database, std::span<const Migration> migrations, WallTime now) {
  for (;;) {
    const auto applied = apply_next(database, migrations, now);
    if (!applied) return applied.error();
    if (!*applied) return {};
  }
}

Result<void> check_schema(Database& database, std::span<const Migration> migrations) {
  const auto version = load_schema_version(database, migrations);
  if (!version) return version.error();
  if (static_cast<std::size_t>(*version) < migrations.size()) {
    return schema_error(database, "its schema is " + std::to_string(*version) + ", this program needs " +
                                      std::to_string(migrations.size()) + "; start certbound serve once");
  }
  return {};
}

}  // namespace certbound::store::sqlite
