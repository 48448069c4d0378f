#include "store/sqlite/sqlite_store.hpp"

#include <csignal>
#include <fstream>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conformance/store_suite.hpp"
#include "store/client_record.hpp"
#include "store/sqlite/client_table.hpp"
#include "store/sqlite/database.hpp"
#include "store/sqlite/database_file.hpp"
#include "store/sqlite/statement.hpp"
#include "unit/store/temporary_folder.hpp"

namespace certbound::store {

namespace {

constexpr WallTime kOpened{std::chrono::seconds{1700000000}};

/// A client of any source, as a later registration endpoint would write it.
Result<void> insert_registered(sqlite::Database& database, const model::Client& client) {
  const auto metadata = render_client_metadata(client);
  if (!metadata) return metadata.error();
  sqlite::Statement statement{"INSERT INTO client VALUES (?1, ?2, ?3, ?4, ?5, 0, 0)"};
  auto cursor = statement.start(database);
  if (!cursor) return std::move(cursor).error();
  cursor->bind_text(1, client.client_id.text());
  cursor->bind_text(2, client.origin.source);
  cursor->bind_text(3, client.origin.place);
  cursor->bind_text(4, metadata->json);
  cursor->bind_octets(5, metadata->digest.octets);
  return cursor->finish();
}

}  // namespace

class SqliteFactory {
 public:
  Result<std::unique_ptr<Store>> open(std::span<const model::Client> registered) {
    auto store = sqlite::open_sqlite_store(path(), kOpened);
    if (!store || registered.empty()) return store;
    auto database = sqlite::Database::open(path(), sqlite::Access::read_write);
    if (!database) return std::move(database).error();
    for (const model::Client& client : registered) {
      if (auto inserted = insert_registered(*database, client); !inserted) return std::move(inserted).error();
    }
    return store;
  }

 private:
  [[nodiscard]] std::filesystem::path path() const { return folder_.path() / "certbound.db"; }
  TemporaryFolder folder_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, StoreSuite, SqliteFactory);

namespace sqlite {

class SqliteStoreTest : public testing::Test {
 protected:
  std::unique_ptr<Store> open(std::chrono::milliseconds busy_timeout = std::chrono::milliseconds{1}) {
    auto store = open_sqlite_store(path_, kOpened, all_migrations(), busy_timeout);
    EXPECT_TRUE(store) << store.error().detail;
    return store ? *std::move(store) : nullptr;
  }

  Database connect() {
    auto database = Database::open(path_, Access::read_write, std::chrono::milliseconds{1});
    if (!database) throw std::runtime_error{database.error().detail};
    return *std::move(database);
  }

  static std::vector<model::Client> many_clients(int count) {
    std::vector<model::Client> clients;
    for (int i = 0; i < count; ++i) clients.push_back(suite_client("client-" + std::to_string(100000 + i)));
    return clients;
  }

  static unsigned mode_of(const std::filesystem::path& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 07777U : 0;
  }

  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path() / "certbound.db";
};

TEST_F(SqliteStoreTest, KeepsWhatItHoldsWhenItIsOpenedAgain) {
  {
    const auto store = open();
    ASSERT_TRUE(store->clients().reconcile_clients(std::vector{suite_client("a")}, kOpened));
    ASSERT_TRUE(store->keys().change_keys(std::vector{suite_key("k", 0, model::KeyState::active)}, {}));
  }
  const auto store = open();
  EXPECT_EQ(*store->clients().count_clients(), 1U);
  EXPECT_EQ(store->keys().list_keys()->size(), 1U);
}

// A retired or encrypted secret is not left in free pages or in the log.
TEST_F(SqliteStoreTest, ErasesWhatWasReplacedAndRemoved) {
  const std::string mark(64, 'S');
  const auto store = open();
  StoredKey first = suite_key("a", 1, model::KeyState::retired);
  StoredKey second = suite_key("b", 0, model::KeyState::active);
  first.secret = second.secret = crypto::Secret{Bytes{mark.begin(), mark.end()}};
  ASSERT_TRUE(store->keys().change_keys(std::vector{first, second}, {}));
  const auto is_there = [&] {
    for (const auto& entry : std::filesystem::directory_iterator{folder_.path()}) {
      std::ifstream file{entry.path(), std::ios::binary};
      const std::string content{std::istreambuf_iterator<char>{file}, {}};
      if (content.find(mark) != std::string::npos) return true;
    }
    return false;
  };
  ASSERT_TRUE(is_there());
  second.secret = crypto::Secret{};
  ASSERT_TRUE(store->keys().change_keys(std::vector{second}, std::vector<std::string>{"a"}));
  ASSERT_TRUE(store->keys().erase_remains());
  EXPECT_FALSE(is_there());
}

TEST_F(SqliteStoreTest, MakesEveryFileForItsOwnerOnly) {
  const mode_t before = ::umask(0);
  const auto store = open();
  const auto reader = store->make_client_reader();
  ASSERT_TRUE(store->clients().reconcile_clients(std::vector{suite_client("a")}, kOpened));
  ::umask(before);
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator{folder_.path()}) {
    EXPECT_EQ(mode_of(entry.path()), 0600U) << entry.path();
    ++files;
  }
  EXPECT_EQ(files, 3) << "certbound.db, certbound.db-wal, certbound.db-shm";
}

TEST_F(SqliteStoreTest, RefusesAFileThatOthersMayUse) {
  { const auto store = open(); }
  std::filesystem::permissions(path_, std::filesystem::perms{0640});
  const auto store = open_sqlite_store(path_, kOpened);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::invalid_request);
  EXPECT_NE(store.error().detail.find("chmod 600"), std::string::npos) << store.error().detail;
  EXPECT_FALSE(open_sqlite_store_read_only(path_));
}

TEST_F(SqliteStoreTest, DoesNotFollowASymbolicLink) {
  std::filesystem::create_symlink(folder_.path() / "elsewhere", path_);
  EXPECT_FALSE(open_sqlite_store(path_, kOpened));
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "elsewhere"));
}

TEST_F(SqliteStoreTest, RefusesAFifo) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  const auto store = open_sqlite_store(path_, kOpened);
  ASSERT_FALSE(store);
  EXPECT_NE(store.error().detail.find("not a regular file"), std::string::npos) << store.error().detail;
}

TEST_F(SqliteStoreTest, RefusesAFileThatIsNoDatabaseAndLeavesItAsItIs) {
  const std::string text(5000, 'x');
  std::ofstream{path_} << text;
  std::filesystem::permissions(path_, std::filesystem::perms{0600});

  const auto store = open_sqlite_store(path_, kOpened);

  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::invalid_request);
  EXPECT_NE(store.error().detail.find("not a database of certbound"), std::string::npos) << store.error().detail;
  std::ifstream file{path_};
  EXPECT_EQ((std::string{std::istreambuf_iterator<char>{file}, {}}), text);
}

TEST_F(SqliteStoreTest, RefusesTheDatabaseOfAnotherProgramAndLeavesItAsItIs) {
  ASSERT_TRUE(prepare_database_file(path_));
  { ASSERT_TRUE(connect().run("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)")); }

  const auto store = open_sqlite_store(path_, kOpened);

  ASSERT_FALSE(store);
  EXPECT_NE(store.error().detail.find("another program"), std::string::npos) << store.error().detail;
  EXPECT_EQ(*connect().query_text("PRAGMA journal_mode"), "delete");
}

TEST_F(SqliteStoreTest, RefusesASchemaOfANewerProgram) {
  { const auto store = open(); }
  ASSERT_TRUE(connect().set_user_version(99));
  for (const auto& refused : {open_sqlite_store(path_, kOpened).error(), open_sqlite_store_read_only(path_).error()}) {
    EXPECT_EQ(refused.code, ErrorCode::invalid_request);
    EXPECT_NE(refused.detail.find("written by a newer certbound"), std::string::npos) << refused.detail;
  }
}

TEST_F(SqliteStoreTest, KeepsAWriteAheadLog) {
  const auto store = open();
  EXPECT_EQ(*connect().query_text("PRAGMA journal_mode"), "wal");
}

// https://www.sqlite.org/pragma.html#pragma_synchronous: 2 is FULL; in WAL mode 1 may lose a commit in a power cut.
TEST_F(SqliteStoreTest, WritesThroughToTheDisk) {
  ASSERT_TRUE(prepare_database_file(path_));
  Database database = connect();
  ASSERT_TRUE(configure_writer(database));
  EXPECT_EQ(*database.query_integer("PRAGMA synchronous"), 2);
}

TEST_F(SqliteStoreTest, UndoesAReconciliationThatFailsHalfWay) {
  const auto store = open();
  ASSERT_TRUE(store->clients().reconcile_clients(std::vector{suite_client("a"), suite_client("b")}, kOpened));
  ASSERT_TRUE(
      connect().run("CREATE TRIGGER fault BEFORE INSERT ON client WHEN NEW.client_id = 'm' "
                    "BEGIN SELECT RAISE(ABORT, 'injected'); END"));
  model::Client changed = suite_client("a");
  changed.client_name = "changed";

  const auto done =
      store->clients().reconcile_clients(std::vector{changed, suite_client("c"), suite_client("m")}, kOpened);

  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::server_error);
  EXPECT_NE(done.error().detail.find("injected"), std::string::npos) << done.error().detail;
  const auto kept = store->clients().list_clients("", 10);
  ASSERT_TRUE(kept);
  EXPECT_EQ(*kept, (std::vector{suite_client("a"), suite_client("b")}));
  ASSERT_TRUE(connect().run("DROP TRIGGER fault"));
  EXPECT_TRUE(store->clients().reconcile_clients(std::vector{suite_client("m")}, kOpened));
}

TEST_F(SqliteStoreTest, RefusesToWriteOnAFullDiskAndStillReads) {
  { const auto store = open(); }
  Database database = connect();
  ClientTable table{database};
  ASSERT_TRUE(table.reconcile_clients(std::vector{suite_client("a")}, kOpened));
  ASSERT_TRUE(database.query_integer("PRAGMA max_page_count = 12"));

  const auto done = table.reconcile_clients(many_clients(500), kOpened);

  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::temporarily_unavailable);
  EXPECT_EQ(done.error().reason, Reason::overloaded);
  EXPECT_EQ(*table.find_client(*model::ClientId::parse("a")), suite_client("a"));
  EXPECT_EQ(*table.count_clients(), 1U);
}

TEST_F(SqliteStoreTest, RefusesToWriteWhileAnotherProgramDoesAndStillReads) {
  const auto store = open();
  const auto reader = store->make_client_reader();
  ASSERT_TRUE(reader);
  Database other = connect();
  ASSERT_TRUE(other.run("BEGIN IMMEDIATE"));

  const auto done = store->clients().reconcile_clients(std::vector{suite_client("a")}, kOpened);

  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::temporarily_unavailable);
  EXPECT_TRUE((*reader)->count_clients());
  ASSERT_TRUE(other.run("ROLLBACK"));
  EXPECT_TRUE(store->clients().reconcile_clients(std::vector{suite_client("a")}, kOpened));
}

TEST_F(SqliteStoreTest, ShowsReadersNothingOfATransactionThatIsNotCommitted) {
  const auto store = open();
  const auto reader = store->make_client_reader();
  Database other = connect();
  ASSERT_TRUE(other.run("BEGIN IMMEDIATE"));
  ASSERT_TRUE(insert_registered(other, suite_client("a")));
  EXPECT_EQ(*(*reader)->count_clients(), 0U);
  ASSERT_TRUE(other.run("COMMIT"));
  EXPECT_EQ(*(*reader)->count_clients(), 1U);
}

// The killed writer has pages of its transaction in the log file already, as a large one does.
TEST_F(SqliteStoreTest, ForgetsTheUncommittedTransactionOfAKilledProgram) {
  {
    const auto store = open();
    ASSERT_TRUE(store->clients().reconcile_clients(std::vector{suite_client("a")}, kOpened));
  }
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto database = Database::open(path_, Access::read_write);
    const bool written = database && database->run("PRAGMA cache_size = 5; BEGIN IMMEDIATE") &&
                         database->run(
                             "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) "
                             "INSERT INTO client SELECT 'lost' || i, 'yaml', '', '{}', zeroblob(32), 0, 0 FROM n");
    if (written) ::kill(::getpid(), SIGKILL);
    ::_exit(1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  ASSERT_GT(std::filesystem::file_size(wal_path(path_)), 100000U);

  {
    const auto reader = open_sqlite_store_read_only(path_);
    ASSERT_TRUE(reader) << reader.error().detail;
    EXPECT_EQ(*(*reader)->clients().count_clients(), 1U);
  }
  const auto store = open();
  const auto listed = store->clients().list_clients("", 10);
  ASSERT_TRUE(listed);
  EXPECT_EQ(ids_of(*listed), std::vector<std::string>{"a"});
}

TEST_F(SqliteStoreTest, ReportsADamagedRow) {
  const auto store = open();
  ASSERT_TRUE(store->clients().reconcile_clients(std::vector{suite_client("a"), suite_client("b")}, kOpened));
  ASSERT_TRUE(connect().run("UPDATE client SET metadata = '{}' WHERE client_id = 'a'"));

  const auto found = store->clients().find_client(*model::ClientId::parse("a"));

  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::server_error);
  EXPECT_NE(found.error().detail.find("stored client \"a\""), std::string::npos) << found.error().detail;
  EXPECT_FALSE(store->clients().list_clients("", 10));
  EXPECT_TRUE(*store->clients().find_client(*model::ClientId::parse("b")));
}

TEST_F(SqliteStoreTest, KeepsTheTimesOfFirstAndLastChange) {
  const auto store = open();
  const auto at = [](int seconds) { return kOpened + std::chrono::seconds{seconds}; };
  model::Client client = suite_client("a");
  ASSERT_TRUE(store->clients().reconcile_clients(std::vector{client}, at(10)));
  client.client_name = "new name";
  ASSERT_TRUE(store->clients().reconcile_clients(std::vector{client}, at(20)));
  client.origin.place = "elsewhere:1";
  ASSERT_TRUE(store->clients().reconcile_clients(std::vector{client}, at(30)));
  EXPECT_EQ(*connect().query_integer("SELECT created_at FROM client"), unix_seconds(at(10)));
  EXPECT_EQ(*connect().query_integer("SELECT updated_at FROM client"), unix_seconds(at(20)));
}

TEST_F(SqliteStoreTest, ReconcilesManyClients) {
  const auto store = open();
  auto clients = many_clients(5000);
  EXPECT_EQ(store->clients().reconcile_clients(clients, kOpened)->added, 5000U);
  EXPECT_EQ(store->clients().reconcile_clients(clients, kOpened)->unchanged, 5000U);
  clients.erase(clients.begin() + 100, clients.begin() + 4100);
  EXPECT_EQ(store->clients().reconcile_clients(clients, kOpened)->removed, 4000U);
  EXPECT_EQ(*store->clients().count_clients(), 1000U);
}

}  // namespace sqlite

}  // namespace certbound::store
