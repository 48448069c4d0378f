#include "store/open.hpp"

#include <set>
#include <unistd.h>

#include "conformance/store_suite.hpp"
#include "unit/store/temporary_folder.hpp"

namespace certbound::store {

namespace {

constexpr WallTime kStart{std::chrono::seconds{1700000000}};

std::set<std::string> files_in(const std::filesystem::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator{folder}) names.insert(entry.path().filename().string());
  return names;
}

}  // namespace

TEST(OpenStore, MakesTheDatabaseInTheStateDirectory) {
  const TemporaryFolder folder;
  const auto store = open_store(folder.path(), kStart);
  ASSERT_TRUE(store) << store.error().detail;
  EXPECT_EQ(*(*store)->clients().count_clients(), 0U);
  EXPECT_TRUE(std::filesystem::exists(folder.path() / kDatabaseName));
}

TEST(OpenStore, NamesADirectoryThatIsMissing) {
  const TemporaryFolder folder;
  const auto store = open_store(folder.path() / "none", kStart);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::invalid_request);
  EXPECT_NE(store.error().detail.find((folder.path() / "none").string()), std::string::npos) << store.error().detail;
}

TEST(OpenStore, RefusesADirectoryThatCannotBeWritten) {
  // root may write everywhere but where the kernel makes the files.
  const auto store = open_store("/proc/self", kStart);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::invalid_request);
  EXPECT_NE(store.error().detail.find("/proc/self/certbound.db"), std::string::npos) << store.error().detail;
}

TEST(OpenStoreReadOnly, ReadsWhileTheDaemonRuns) {
  const TemporaryFolder folder;
  const auto store = open_store(folder.path(), kStart);
  ASSERT_TRUE(store);
  ASSERT_TRUE((*store)->clients().reconcile_clients(std::vector{suite_client("a")}, kStart));
  ASSERT_TRUE((*store)->keys().change_keys(std::vector{suite_key("k", 0, model::KeyState::active)}, {}));
  const auto before = files_in(folder.path());
  {
    const auto reader = open_store_read_only(folder.path());
    ASSERT_TRUE(reader) << reader.error().detail;
    EXPECT_EQ(*(*reader)->clients().find_client(*model::ClientId::parse("a")), suite_client("a"));
    EXPECT_EQ((*reader)->keys().list_keys()->size(), 1U);
    ASSERT_TRUE((*store)->clients().reconcile_clients(std::vector{suite_client("a"), suite_client("b")}, kStart));
    EXPECT_EQ(*(*reader)->clients().count_clients(), 2U);
    EXPECT_EQ((*reader)->load_generation()->number, 2U);
  }
  EXPECT_EQ(files_in(folder.path()), before);
}

TEST(OpenStoreReadOnly, ReadsWhileNoDaemonRunsAndMakesNoFile) {
  const TemporaryFolder folder;
  {
    const auto store = open_store(folder.path(), kStart);
    ASSERT_TRUE(store);
    ASSERT_TRUE((*store)->clients().reconcile_clients(std::vector{suite_client("a")}, kStart));
  }
  EXPECT_EQ((*open_store(folder.path(), kStart))->load_generation()->number, 1U) << "a restart goes on counting";
  ASSERT_EQ(files_in(folder.path()), std::set<std::string>{kDatabaseName});
  const auto reader = open_store_read_only(folder.path());
  ASSERT_TRUE(reader) << reader.error().detail;
  EXPECT_EQ(*(*reader)->clients().count_clients(), 1U);
  EXPECT_EQ(files_in(folder.path()), std::set<std::string>{kDatabaseName});
}

TEST(OpenStoreReadOnly, MakesNothingWhereThereIsNothing) {
  const TemporaryFolder folder;
  const auto reader = open_store_read_only(folder.path());
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().code, ErrorCode::invalid_request);
  EXPECT_NE(reader.error().detail.find("there is no database"), std::string::npos) << reader.error().detail;
  EXPECT_TRUE(files_in(folder.path()).empty());
}

}  // namespace certbound::store
