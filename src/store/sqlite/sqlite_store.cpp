#include "store/sqlite/sqlite_store.hpp"

#include <utility>

#include "store/sqlite/client_secret_table.hpp"
#include "store/sqlite/client_table.hpp"
#include "store/sqlite/database_file.hpp"
#include "store/sqlite/denial_table.hpp"
#include "store/sqlite/key_table.hpp"
#include "store/sqlite/migrate.hpp"
#include "store/sqlite/seen_certificate_table.hpp"

namespace certbound::store::sqlite {

namespace {

/// A connection and its tables. The address must not change, because the tables refer to the connection.
class ReaderConnection final : public ClientReader {
 public:
  explicit ReaderConnection(Database database) : database_{std::move(database)} {}

  Result<std::optional<model::Client>> find_client(const model::ClientId& id) override {
    return clients_.find_client(id);
  }
  Result<std::vector<model::Client>> list_clients(std::string_view after_id, std::size_t limit) override {
    return clients_.list_clients(after_id, limit);
  }
  Result<std::size_t> count_clients() override { return clients_.count_clients(); }

 private:
  Database database_;
  ClientTable clients_{database_};
};

/// As above, for the thread that notes certificates.
class SeenConnection final : public SeenCertificateStore {
 public:
  explicit SeenConnection(Database database) : database_{std::move(database)} {}

  Result<std::optional<SeenCertificate>> find_seen(const model::ClientId& id) override { return seen_.find_seen(id); }
  Result<std::vector<SeenCertificate>> list_ending(WallTime end, std::size_t limit) override {
    return seen_.list_ending(end, limit);
  }
  Result<std::size_t> count_ending(WallTime end) override { return seen_.count_ending(end); }
  Result<void> note_seen(std::span<const SeenCertificate> seen) override { return seen_.note_seen(seen); }

 private:
  Database database_;
  SeenCertificateTable seen_{database_};
};

/// As above, for the thread that changes denials.
class DenialConnection final : public DenialStore {
 public:
  explicit DenialConnection(Database database) : database_{std::move(database)} {}

  Result<std::vector<model::Denial>> list_denials(std::uint64_t after_id, std::size_t limit) override {
    return denials_.list_denials(after_id, limit);
  }
  Result<void> write_denials(std::span<model::Denial> denials) override { return denials_.write_denials(denials); }
  Result<std::optional<model::Denial>> remove_denial(std::uint64_t id) override { return denials_.remove_denial(id); }
  Result<std::vector<model::Denial>> forget_denials(WallTime now, std::size_t limit) override {
    return denials_.forget_denials(now, limit);
  }

 private:
  Database database_;
  DenialTable denials_{database_};
};

class SqliteStore final : public Store {
 public:
  SqliteStore(Database database, std::chrono::milliseconds busy_timeout)
      : database_{std::move(database)}, busy_timeout_{busy_timeout} {}

  ClientStore& clients() override { return clients_; }
  ClientSecretStore& client_secrets() override { return secrets_; }
  KeyStore& keys() override { return keys_; }
  SeenCertificateReader& seen_certificates() override { return seen_; }
  DenialReader& denials() override { return denials_; }
  Result<RegistryGeneration> load_generation() override { return clients_.load_generation(); }

  Result<std::unique_ptr<ClientReader>> make_client_reader() const override {
    auto database = Database::open(database_.path(), Access::read_only, busy_timeout_);
    if (!database) return std::move(database).error();
    return std::make_unique<ReaderConnection>(*std::move(database));
  }

  Result<std::unique_ptr<SeenCertificateStore>> make_seen_store() const override {
    auto database = Database::open(database_.path(), Access::read_write, busy_timeout_);
    if (!database) return std::move(database).error();
    // What is lost in a power cut is seen again: no wait for the disk.
    if (auto quick = database->run("PRAGMA synchronous = NORMAL"); !quick) return std::move(quick).error();
    return std::make_unique<SeenConnection>(*std::move(database));
  }

  Result<std::unique_ptr<DenialStore>> make_denial_store() const override {
    auto database = Database::open(database_.path(), Access::read_write, busy_timeout_);
    if (!database) return std::move(database).error();
    // A token that was revoked stays revoked through a power cut.
    if (auto durable = database->run("PRAGMA synchronous = FULL"); !durable) return std::move(durable).error();
    return std::make_unique<DenialConnection>(*std::move(database));
  }

 private:
  Database database_;
  std::chrono::milliseconds busy_timeout_;
  ClientTable clients_{database_};
  ClientSecretTable secrets_{database_, clients_};
  KeyTable keys_{database_};
  SeenCertificateTable seen_{database_};
  DenialTable denials_{database_};
};

class ReadOnlySqliteStore final : public ReadOnlyStore {
 public:
  explicit ReadOnlySqliteStore(Database database) : database_{std::move(database)} {}

  ClientReader& clients() override { return clients_; }
  KeyReader& keys() override { return keys_; }
  SeenCertificateReader& seen_certificates() override { return seen_; }
  DenialReader& denials() override { return denials_; }
  Result<RegistryGeneration> load_generation() override { return clients_.load_generation(); }

 private:
  Database database_;
  ClientTable clients_{database_};
  KeyTable keys_{database_};
  SeenCertificateTable seen_{database_};
  DenialTable denials_{database_};
};

}  // namespace

Result<void> configure_writer(Database& database) {
  const auto mode = database.query_text("PRAGMA journal_mode = WAL");
  if (!mode) return mode.error();
  if (*mode != "wal") {
    return invalid_input(database.path().string() + ": the file system cannot do SQLite's WAL mode (shared memory)");
  }
  // Without it the log file keeps the size of the largest reconciliation.
  const auto limit = database.query_integer("PRAGMA journal_size_limit = 8388608");
  if (!limit) return limit.error();
  // What a retired or an encrypted key leaves behind is overwritten.
  const auto erasing = database.query_integer("PRAGMA secure_delete = ON");
  if (!erasing) return erasing.error();
  return database.run("PRAGMA synchronous = FULL");
}

Result<std::unique_ptr<Store>> open_sqlite_store(const std::filesystem::path& path, WallTime now) {
  return open_sqlite_store(path, now, all_migrations(), kBusyTimeout);
}

Result<std::unique_ptr<Store>> open_sqlite_store(const std::filesystem::path& path, WallTime now,
                                                 std::span<const Migration> migrations,
                                                 std::chrono::milliseconds busy_timeout) {
  if (auto prepared = prepare_database_file(path); !prepared) return std::move(prepared).error();
  auto database = Database::open(path, Access::read_write, busy_timeout);
  if (!database) return std::move(database).error();
  if (database->is_read_only()) return invalid_input(path.string() + ": it cannot be written");
  // Before anything is written: the file may be somebody else's.
  if (auto version = load_schema_version(*database, migrations); !version) return std::move(version).error();
  if (auto configured = configure_writer(*database); !configured) return std::move(configured).error();
  if (auto migrated = migrate(*database, migrations, now); !migrated) return std::move(migrated).error();
  return std::make_unique<SqliteStore>(*std::move(database), busy_timeout);
}

Result<std::unique_ptr<ReadOnlyStore>> open_sqlite_store_read_only(const std::filesystem::path& path) {
  if (auto checked = check_database_file(path); !checked) return std::move(checked).error();
  // Without a log beside it nobody has the file open, and all is in it. Opened in the usual way SQLite would make the
  // log and leave it behind.
  std::error_code unknown;
  const bool is_shared = std::filesystem::exists(wal_path(path), unknown);
  auto database = Database::open(path, is_shared || unknown ? Access::read_only : Access::read_only_unshared);
  if (!database) return std::move(database).error();
  if (auto checked = check_schema(*database, all_migrations()); !checked) return std::move(checked).error();
  return std::make_unique<ReadOnlySqliteStore>(*std::move(database));
}

}  // namespace certbound::store::sqlite
