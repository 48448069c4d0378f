#include "store/sqlite/database.hpp"

#include <fstream>
#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>

#include "base/event_loop_thread.hpp"
#include "store/sqlite/database_file.hpp"
#include "store/sqlite/statement.hpp"
#include "store/sqlite/transaction.hpp"
#include "unit/store/temporary_folder.hpp"

namespace certbound::store::sqlite {

class DatabaseTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(prepare_database_file(path_));
    auto opened = Database::open(path_, Access::read_write, std::chrono::milliseconds{1});
    ASSERT_TRUE(opened) << opened.error().detail;
    database_ = std::make_unique<Database>(*std::move(opened));
    ASSERT_TRUE(database_->run("CREATE TABLE thing (name TEXT NOT NULL UNIQUE, octets BLOB NOT NULL) STRICT"));
  }

  Result<void> insert(std::string_view text, ByteView octets) {
    auto cursor = insert_.start(*database_);
    if (!cursor) return std::move(cursor).error();
    cursor->bind_text(1, text);
    cursor->bind_octets(2, octets);
    return cursor->finish();
  }

  long long count() { return *database_->query_integer("SELECT count(*) FROM thing"); }

  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path() / "a?b#c%20 d.db";
  std::unique_ptr<Database> database_;
  Statement insert_{"INSERT INTO thing (name, octets) VALUES (?1, ?2)"};
};

TEST_F(DatabaseTest, KeepsOctetsAsTheyAre) {
  const std::string text{"a\0'b", 4};
  const Bytes octets{0, 1, 0xff, 0};
  ASSERT_TRUE(insert(text, octets));
  ASSERT_TRUE(insert("", {}));

  Statement select{"SELECT name, octets FROM thing ORDER BY name DESC"};
  auto cursor = select.start(*database_);
  ASSERT_TRUE(cursor);
  ASSERT_TRUE(*cursor->step());
  EXPECT_EQ(cursor->text(0), text);
  EXPECT_TRUE(std::ranges::equal(cursor->octets(1), octets));
  ASSERT_TRUE(*cursor->step());
  EXPECT_EQ(cursor->text(0), "");
  EXPECT_TRUE(cursor->octets(1).empty());
  EXPECT_FALSE(*cursor->step());
}

TEST_F(DatabaseTest, CanUseAStatementAgainAfterItFailed) {
  ASSERT_TRUE(insert("a", {}));
  const auto again = insert("a", {});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::server_error);
  EXPECT_NE(again.error().detail.find("UNIQUE"), std::string::npos) << again.error().detail;
  EXPECT_TRUE(insert("b", {}));
}

TEST_F(DatabaseTest, ReportsAValueThatCannotBeBound) {
  auto cursor = insert_.start(*database_);
  ASSERT_TRUE(cursor);
  cursor->bind_integer(3, 1);
  const auto done = cursor->finish();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::server_error);
}

TEST_F(DatabaseTest, UndoesATransactionThatIsNotCommitted) {
  {
    const auto transaction = Transaction::begin(*database_);
    ASSERT_TRUE(transaction);
    ASSERT_TRUE(insert("a", {}));
  }
  EXPECT_EQ(count(), 0);
  EXPECT_FALSE(database_->is_in_transaction());
  auto transaction = Transaction::begin(*database_);
  ASSERT_TRUE(transaction);
  ASSERT_TRUE(insert("a", {}));
  ASSERT_TRUE(transaction->commit());
  EXPECT_EQ(count(), 1);
}

TEST_F(DatabaseTest, AnswersALockedFileWithAskAgain) {
  auto other = Database::open(path_, Access::read_write, std::chrono::milliseconds{1});
  ASSERT_TRUE(other);
  const auto held = Transaction::begin(*other);
  ASSERT_TRUE(held);

  const auto refused = Transaction::begin(*database_);

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::temporarily_unavailable);
  EXPECT_EQ(refused.error().reason, Reason::overloaded);
}

TEST_F(DatabaseTest, AnswersAFullDiskWithAskAgain) {
  ASSERT_TRUE(database_->query_integer("PRAGMA max_page_count = 8"));
  const auto refused = insert("large", Bytes(100000));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::temporarily_unavailable);
  EXPECT_NE(refused.error().detail.find("full"), std::string::npos) << refused.error().detail;
}

TEST_F(DatabaseTest, CannotWriteThroughAReadOnlyConnection) {
  for (const Access access : {Access::read_only, Access::read_only_unshared}) {
    auto reader = Database::open(path_, access);
    ASSERT_TRUE(reader) << reader.error().detail;
    EXPECT_TRUE(reader->is_read_only());
    EXPECT_EQ(*reader->query_integer("SELECT count(*) FROM thing"), 0);
    EXPECT_FALSE(reader->run("DELETE FROM thing"));
  }
}

TEST_F(DatabaseTest, EnforcesForeignKeysAndDistrustsTheSchema) {
  EXPECT_EQ(*database_->query_integer("PRAGMA foreign_keys"), 1);
  EXPECT_EQ(*database_->query_integer("PRAGMA trusted_schema"), 0);
}

TEST_F(DatabaseTest, RefusesToRunOnAThreadThatServesConnections) {
  std::thread worker{[this] {
    mark_event_loop_thread();
    EXPECT_THROW((void)database_->run("SELECT 1"), std::logic_error);
    EXPECT_THROW((void)insert_.start(*database_), std::logic_error);
    EXPECT_THROW((void)Database::open(path_, Access::read_only), std::logic_error);
  }};
  worker.join();
  EXPECT_TRUE(database_->query_integer("SELECT 1"));
}

TEST(OpenDatabase, NamesAFileThatIsMissing) {
  const TemporaryFolder folder;
  const auto opened = Database::open(folder.path() / "none.db", Access::read_write);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::invalid_request);
  EXPECT_NE(opened.error().detail.find("none.db"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "none.db"));
}

}  // namespace certbound::store::sqlite
