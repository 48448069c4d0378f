#include "store/sqlite/migrate.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "store/sqlite/database_file.hpp"
#include "store/sqlite/key_table.hpp"
#include "store/sqlite/sqlite_store.hpp"
#include "store/sqlite/statement.hpp"
#include "unit/store/temporary_folder.hpp"

namespace certbound::store::sqlite {

namespace {

constexpr WallTime kMigrated{std::chrono::seconds{1700000000}};

constexpr Migration kFirst[] = {{1, "0001_a", "CREATE TABLE a (x INTEGER) STRICT"}};
constexpr Migration kBoth[] = {{1, "0001_a", "CREATE TABLE a (x INTEGER) STRICT"},
                               {2, "0002_b", "CREATE TABLE b (x INTEGER) STRICT; INSERT INTO b VALUES (7)"}};
constexpr Migration kOtherForm[] = {{1, "0001_a", "CREATE TABLE a (x TEXT) STRICT"}};
constexpr Migration kOtherName[] = {{1, "0001_z", "CREATE TABLE a (x INTEGER) STRICT"}};
constexpr Migration kSecondFails[] = {
    {1, "0001_a", "CREATE TABLE a (x INTEGER) STRICT"},
    {2, "0002_b", "CREATE TABLE b (x INTEGER) STRICT; INSERT INTO nowhere VALUES (7)"}};

}  // namespace

class MigrateTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(prepare_database_file(path_));
    reopen();
  }

  void reopen() {
    database_.reset();
    auto opened = Database::open(path_, Access::read_write);
    ASSERT_TRUE(opened) << opened.error().detail;
    database_ = std::make_unique<Database>(*std::move(opened));
  }

  void expect_refused(std::span<const Migration> migrations, std::string_view why) {
    const std::string before = content();
    const auto done = migrate(*database_, migrations, kMigrated);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::invalid_request);
    EXPECT_NE(done.error().detail.find(why), std::string::npos) << done.error().detail;
    EXPECT_NE(done.error().detail.find(path_.string()), std::string::npos) << done.error().detail;
    EXPECT_EQ(content(), before);
  }

  std::string content() const {
    std::ifstream file{path_, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
  }

  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path() / "certbound.db";
  std::unique_ptr<Database> database_;
};

TEST(EmbeddedMigrations, AreNumberedFromOneWithoutAGap) {
  int expected = 0;
  for (const Migration& migration : all_migrations()) EXPECT_EQ(migration.version, ++expected);
  EXPECT_GE(expected, 2);
  EXPECT_EQ(all_migrations().front().name, "0001_client");
  EXPECT_NE(all_migrations().front().sql.text().find("CREATE TABLE client"), std::string_view::npos);
}

TEST_F(MigrateTest, AppliesWhatIsMissingAndRecordsIt) {
  ASSERT_TRUE(migrate(*database_, kFirst, kMigrated));
  ASSERT_TRUE(migrate(*database_, kBoth, kMigrated + std::chrono::seconds{5}));

  EXPECT_EQ(*database_->query_integer("PRAGMA user_version"), 2);
  EXPECT_EQ(*database_->query_integer("PRAGMA application_id"), kApplicationId);
  EXPECT_EQ(*database_->query_integer("SELECT x FROM b"), 7);
  EXPECT_EQ(*database_->query_integer("SELECT applied_at FROM schema_migration WHERE version = 1"), 1700000000);
  EXPECT_EQ(*database_->query_integer("SELECT applied_at FROM schema_migration WHERE version = 2"), 1700000005);
  EXPECT_EQ(*database_->query_text("SELECT name FROM schema_migration WHERE version = 2"), "0002_b");
  // echo -n 'CREATE TABLE a (x INTEGER) STRICT' | sha256sum
  EXPECT_EQ(*database_->query_text("SELECT sha256 FROM schema_migration WHERE version = 1"),
            "8131ed3c4a36f19ddce677c752990e7a0be813a43047276a253023f4ba3d5143");
}

TEST_F(MigrateTest, ChangesNothingWhereNothingIsMissing) {
  ASSERT_TRUE(migrate(*database_, kBoth, kMigrated));
  const std::string before = content();
  ASSERT_TRUE(migrate(*database_, kBoth, kMigrated + std::chrono::seconds{5}));
  EXPECT_EQ(content(), before);
}

TEST_F(MigrateTest, RefusesANewerSchema) {
  ASSERT_TRUE(migrate(*database_, kBoth, kMigrated));
  expect_refused(kFirst, "written by a newer certbound: its schema is 2, this program knows 1");
}

TEST_F(MigrateTest, RefusesAMigrationThatWasAppliedInAnotherForm) {
  ASSERT_TRUE(migrate(*database_, kFirst, kMigrated));
  expect_refused(kOtherForm, "migration 0001_a was applied in another form");
  expect_refused(kOtherName, "migration 0001_z was applied in another form");
}

TEST_F(MigrateTest, RefusesATamperedRecord) {
  ASSERT_TRUE(migrate(*database_, kBoth, kMigrated));
  ASSERT_TRUE(database_->run("UPDATE schema_migration SET sha256 = 'ab' WHERE version = 2"));
  expect_refused(kBoth, "migration 0002_b was applied in another form");
  ASSERT_TRUE(database_->run("DELETE FROM schema_migration WHERE version = 2"));
  expect_refused(kBoth, "migration 0002_b was applied in another form");
}

TEST_F(MigrateTest, RefusesARecordBeyondTheVersion) {
  ASSERT_TRUE(migrate(*database_, kBoth, kMigrated));
  ASSERT_TRUE(database_->set_user_version(1));
  expect_refused(kBoth, "schema_migration holds more");
}

TEST_F(MigrateTest, RefusesTheDatabaseOfAnotherProgram) {
  ASSERT_TRUE(database_->run("CREATE TABLE theirs (x)"));
  expect_refused(kFirst, "the database of another program");
}

TEST_F(MigrateTest, RefusesAnotherApplicationIdInAnEmptyDatabase) {
  ASSERT_TRUE(database_->run("PRAGMA application_id = 42"));
  expect_refused(kFirst, "the database of another program");
}

TEST_F(MigrateTest, RefusesAnotherProgramsVersionInAnEmptyDatabase) {
  ASSERT_TRUE(database_->set_user_version(3));
  expect_refused(kFirst, "the database of another program");
}

TEST_F(MigrateTest, RefusesWhatIsNoDatabase) {
  std::ofstream{path_} << std::string(4096, 'x');
  reopen();
  // Whoever asks for the version first, as open_sqlite_store does, hears what the file is.
  const auto version = load_schema_version(*database_, kFirst);
  ASSERT_FALSE(version);
  EXPECT_EQ(version.error().code, ErrorCode::invalid_request);
  EXPECT_NE(version.error().detail.find("not a database"), std::string::npos) << version.error().detail;
  EXPECT_EQ(content(), std::string(4096, 'x'));
}

TEST_F(MigrateTest, UndoesAMigrationThatFailsHalfWay) {
  const auto done = migrate(*database_, kSecondFails, kMigrated);
  ASSERT_FALSE(done);
  EXPECT_EQ(*database_->query_integer("PRAGMA user_version"), 1);
  EXPECT_EQ(*database_->query_integer("SELECT count(*) FROM sqlite_schema WHERE name = 'b'"), 0);
  // The repaired program goes on from there.
  EXPECT_TRUE(migrate(*database_, kBoth, kMigrated));
}

TEST_F(MigrateTest, ChecksWithoutChanging) {
  const auto empty = check_schema(*database_, kFirst);
  ASSERT_FALSE(empty);
  EXPECT_NE(empty.error().detail.find("start certbound serve once"), std::string::npos);
  ASSERT_TRUE(migrate(*database_, kFirst, kMigrated));
  EXPECT_TRUE(check_schema(*database_, kFirst));
  const std::string before = content();
  const auto older = check_schema(*database_, kBoth);
  ASSERT_FALSE(older);
  EXPECT_EQ(older.error().code, ErrorCode::invalid_request);
  EXPECT_EQ(content(), before);
}

// An older server's key goes on signing. What it signed is not known, so the longest that was permitted is taken.
TEST_F(MigrateTest, KeepsTheSigningKeysOfAnOlderSchema) {
  ASSERT_TRUE(migrate(*database_, std::span{all_migrations()}.first(4), kMigrated));
  ASSERT_TRUE(database_->run("INSERT INTO signing_key VALUES ('k', 'PS256', 'active', 1600000000, x'3000ff')"));
  ASSERT_TRUE(migrate(*database_, all_migrations(), kMigrated));
  KeyTable table{*database_};
  const auto keys = table.load_keys();
  ASSERT_TRUE(keys) << keys.error().detail;
  ASSERT_EQ(keys->size(), 1U);
  model::KeyRecord expected;
  expected.kid = "k";
  expected.algorithm = model::SigningAlgorithm::ps256;
  expected.state = model::KeyState::active;
  expected.created_at = WallTime{std::chrono::seconds{1600000000}};
  expected.used_from = expected.created_at;
  expected.token_lifetime = std::chrono::hours{24};
  expected.cache_lifetime = std::chrono::minutes{5};
  EXPECT_EQ(keys->front().record, expected);
  const ByteView secret = keys->front().secret.expose();
  EXPECT_EQ((Bytes{secret.begin(), secret.end()}), (Bytes{0x30, 0x00, 0xff}));
  EXPECT_TRUE(keys->front().public_key.empty());
}

// Of rows that name the same the one that ends last is kept; who asked stood in the reason; ids go on where they were.
TEST_F(MigrateTest, KeepsTheDenialsOfAnOlderSchemaOnce) {
  ASSERT_TRUE(migrate(*database_, std::span{all_migrations()}.first(6), kMigrated));
  ASSERT_TRUE(database_->run(
      "INSERT INTO denial (kind, subject, issued_before, reason, created_at, until) VALUES "
      "('jti', 'a', NULL, 'revoked by client etl', 1, 100), ('jti', 'a', NULL, 'revoked by client etl', 2, 101), "
      "('thumbprint', 'T', 50, 'found revoked when it came as client etl', 3, 100), "
      "('thumbprint', 'T', 60, 'found revoked when it came as client etl', 4, 110), "
      "('thumbprint', 'T', 50, 'lost', 5, 100), ('client', 'c', NULL, 'left', 6, 100), ('client', 'c', 40, 'x', 7, "
      "90), "
      "('issued_before', '', 30, 'y', 8, 80), ('jti', 'gone', NULL, 'z', 9, 90); "
      "DELETE FROM denial WHERE subject = 'gone'"));
  ASSERT_TRUE(migrate(*database_, all_migrations(), kMigrated));
  EXPECT_EQ(
      *database_->query_text(
          "SELECT group_concat(id || origin || revoked_by || until, ' ') FROM (SELECT * FROM denial ORDER BY id)"),
      "2clientetl101 4server110 5operator100 6operator100 7operator90 8operator80");
  ASSERT_TRUE(database_->run("INSERT INTO denial VALUES (NULL, 'jti', 'b', NULL, 'r', 1, NULL, 'operator', '')"));
  EXPECT_EQ(*database_->query_integer("SELECT max(id) FROM denial"), 10);
}

}  // namespace certbound::store::sqlite
