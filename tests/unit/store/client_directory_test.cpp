#include "store/client_directory.hpp"

#include <gtest/gtest.h>

#include "store/memory/memory_store.hpp"
#include "unit/store/coroutine_runner.hpp"
#include "unit/store/gated_reader.hpp"

namespace certbound::store {

namespace {

using Looked = std::optional<Result<ClientDirectory::Found>>;

Task<Result<ClientDirectory::Found>> find_in_directory(ClientDirectory& directory, model::ClientId id) {
  co_return co_await directory.find(id);
}

}  // namespace

/// A directory over a store with the clients `a` to `e`.
class ClientDirectoryTest : public testing::Test {
 protected:
  static constexpr std::size_t kCapacity = 3;

  ClientDirectoryTest() {
    auto store = memory::make_memory_store();
    if (!store) throw std::runtime_error{store.error().detail};
    store_ = *std::move(store);
    declare("");
    auto executor = make_executor(*store_, ExecutorOptions());
    if (!executor) throw std::runtime_error{executor.error().detail};
    executor_ = *std::move(executor);
    directory_ = std::make_unique<ClientDirectory>(*executor_, kCapacity);
  }

  void declare(const std::string& client_name) {
    std::vector<model::Client> clients;
    for (const char* id : {"a", "b", "c", "d", "e"}) {
      clients.push_back(suite_client(id));
      clients.back().client_name = client_name;
    }
    const auto done = store_->clients().reconcile_clients(clients, WallTime{});
    EXPECT_TRUE(done) << done.error().detail;
  }

  Result<ClientDirectory::Found> find(std::string_view id) {
    Looked looked;
    start_task(context_, find_in_directory(*directory_, *model::ClientId::parse(id)), looked);
    context_.restart();
    context_.run();
    return looked ? *std::move(looked) : Result<ClientDirectory::Found>{internal_error("no answer")};
  }

  std::unique_ptr<Store> store_;
  boost::asio::io_context context_{1};
  std::unique_ptr<Executor> executor_;
  std::unique_ptr<ClientDirectory> directory_;
};

/// A directory over a reader that answers when it is told to.
class GatedDirectoryTest : public testing::Test {
 protected:
  void start(std::string_view id, Looked& looked) {
    start_task(context_, find_in_directory(directory_, *model::ClientId::parse(id)), looked);
    context_.restart();
    context_.poll();
  }

  GatedReader::Gate gate_;
  boost::asio::io_context context_{1};
  Executor executor_{gated_readers(gate_), 10};
  ClientDirectory directory_{executor_};
};

TEST_F(ClientDirectoryTest, KeepsWhatItFound) {
  EXPECT_EQ(directory_->find_cached("a"), nullptr);

  const auto found = find("a");

  ASSERT_TRUE(found) << found.error().detail;
  ASSERT_NE(*found, nullptr);
  EXPECT_EQ((*found)->client, suite_client("a"));
  ASSERT_TRUE((*found)->subject);
  EXPECT_EQ(directory_->find_cached("a"), *found);
  EXPECT_EQ(directory_->find_cached("A"), nullptr);
  EXPECT_EQ(*find("a"), *found);
  EXPECT_EQ(directory_->size(), 1U);
}

TEST_F(ClientDirectoryTest, DoesNotKeepAnUnknownId) {
  const auto found = find("unknown");
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, nullptr);
  EXPECT_EQ(directory_->size(), 0U);
}

TEST_F(ClientDirectoryTest, ForgetsTheLeastRecentlyUsedFirst) {
  for (const char* id : {"a", "b", "c"}) ASSERT_TRUE(find(id));
  ASSERT_NE(directory_->find_cached("a"), nullptr);

  ASSERT_TRUE(find("d"));

  EXPECT_EQ(directory_->size(), kCapacity);
  EXPECT_EQ(directory_->find_cached("b"), nullptr);
  EXPECT_NE(directory_->find_cached("a"), nullptr);
  EXPECT_NE(directory_->find_cached("c"), nullptr);
  EXPECT_NE(directory_->find_cached("d"), nullptr);
}

TEST_F(ClientDirectoryTest, ShowsAChangeAfterClear) {
  const auto old = find("a");
  ASSERT_TRUE(old);
  declare("new name");
  EXPECT_EQ(directory_->find_cached("a"), *old);

  directory_->clear();

  EXPECT_EQ(directory_->find_cached("a"), nullptr);
  EXPECT_EQ(directory_->size(), 0U);
  const auto changed = find("a");
  ASSERT_TRUE(changed);
  EXPECT_EQ((*changed)->client.client_name, "new name");
  EXPECT_EQ((*old)->client.client_name, "") << "whoever holds the old client keeps it";
}

TEST_F(ClientDirectoryTest, ForgetsTheOneClientThatChanged) {
  ASSERT_TRUE(find("a"));
  const auto kept = find("b");
  ASSERT_TRUE(kept);
  declare("new name");

  directory_->forget("a");
  directory_->forget("unknown");

  EXPECT_EQ(directory_->find_cached("a"), nullptr);
  EXPECT_EQ(directory_->find_cached("b"), *kept);
  const auto changed = find("a");
  ASSERT_TRUE(changed);
  EXPECT_EQ((*changed)->client.client_name, "new name");
}

TEST_F(ClientDirectoryTest, PassesOnThatTheExecutorIsStopped) {
  ASSERT_TRUE(find("a"));
  executor_->stop();
  const auto miss = find("b");
  ASSERT_FALSE(miss);
  EXPECT_EQ(miss.error().code, ErrorCode::temporarily_unavailable);
  EXPECT_TRUE(find("a")) << "what is kept needs no store";
}

TEST_F(GatedDirectoryTest, AsksAgainWhereTheRegistryChangedMeanwhile) {
  Looked looked;
  start("a", looked);
  gate_.entered.acquire();
  directory_.clear();
  gate_.released.release();
  context_.run_one();  // the answer from before the change
  EXPECT_FALSE(looked);
  EXPECT_EQ(directory_.find_cached("a"), nullptr);

  gate_.entered.acquire();
  gate_.released.release();
  context_.run();
  ASSERT_TRUE(looked && *looked);
  EXPECT_NE(**looked, nullptr);
  EXPECT_EQ(directory_.find_cached("a"), **looked);
}

TEST_F(GatedDirectoryTest, AsksAgainWhereTheClientChangedMeanwhile) {
  Looked looked;
  start("a", looked);
  gate_.entered.acquire();
  directory_.forget("a");
  gate_.released.release();
  context_.run_one();  // the answer from before the change
  EXPECT_FALSE(looked);
  EXPECT_EQ(directory_.find_cached("a"), nullptr);

  gate_.entered.acquire();
  gate_.released.release();
  context_.run();
  ASSERT_TRUE(looked && *looked);
  EXPECT_EQ(directory_.find_cached("a"), **looked);
}

// Between hold() and clear() the registry may be read in either state: nothing of it gets out.
TEST_F(GatedDirectoryTest, AnswersNothingWhileItIsHeld) {
  Looked before;
  Looked after;
  start("a", before);
  gate_.entered.acquire();
  directory_.hold();
  start("b", after);
  gate_.released.release(3);
  context_.run_one();
  context_.poll();
  EXPECT_FALSE(before);
  EXPECT_FALSE(after);
  EXPECT_FALSE(gate_.entered.try_acquire());

  directory_.release();
  context_.run();
  ASSERT_TRUE(before && *before && after && *after);
  EXPECT_EQ(directory_.size(), 2U);
}

TEST_F(GatedDirectoryTest, KeepsOneOfTwoLookupsThatOverlap) {
  Looked first;
  Looked second;
  start("a", first);
  start("a", second);
  gate_.released.release(2);
  context_.run();

  ASSERT_TRUE(first && *first && second && *second);
  EXPECT_EQ(directory_.size(), 1U);
  EXPECT_EQ(directory_.find_cached("a"), **second);
  EXPECT_EQ((**first)->client, (**second)->client);
}

TEST_F(GatedDirectoryTest, ReportsAStoredClientThatCannotBeUsed) {
  Looked looked;
  start("malformed", looked);
  gate_.released.release();
  context_.run();
  ASSERT_TRUE(looked);
  ASSERT_FALSE(*looked);
  EXPECT_EQ(looked->error().code, ErrorCode::server_error);
  EXPECT_NE(looked->error().detail.find("\"malformed\""), std::string::npos) << looked->error().detail;
  EXPECT_EQ(directory_.size(), 0U);
}

}  // namespace certbound::store
