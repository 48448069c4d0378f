#include "store/executor.hpp"

#include <chrono>
#include <deque>
#include <thread>

#include <gtest/gtest.h>

#include "base/event_loop_thread.hpp"
#include "store/memory/memory_store.hpp"
#include "store/open.hpp"
#include "unit/store/coroutine_runner.hpp"
#include "unit/store/gated_reader.hpp"
#include "unit/store/temporary_folder.hpp"

namespace certbound::store {

namespace {

using Answer = std::optional<Executor::Found>;

model::ClientId client_id(std::string_view text) { return *model::ClientId::parse(text); }

/// A lookup that also tells on which thread it went on.
Task<Executor::Found> find_and_note_thread(Executor& executor, model::ClientId id, std::thread::id& resumed_on) {
  auto found = co_await executor.find_client(std::move(id));
  resumed_on = std::this_thread::get_id();
  co_return found;
}

void expect_overloaded(const Answer& answer) {
  ASSERT_TRUE(answer);
  ASSERT_FALSE(*answer);
  EXPECT_EQ(answer->error().code, ErrorCode::temporarily_unavailable);
  EXPECT_EQ(answer->error().reason, Reason::overloaded);
}

}  // namespace

TEST(ExecutorFindClient, ResumesOnTheCallersThread) {
  auto store = memory::make_memory_store(std::vector{suite_client("a")});
  ASSERT_TRUE(store);
  const auto executor = make_executor(**store, ExecutorOptions());
  ASSERT_TRUE(executor);
  boost::asio::io_context context{1};
  Answer known;
  Answer unknown;
  std::thread::id resumed_on;
  start_task(context, find_and_note_thread(**executor, client_id("a"), resumed_on), known);
  start_task(context, (*executor)->find_client(client_id("b")), unknown);

  context.run();  // does not return before both are answered: a waiting lookup is outstanding work

  ASSERT_TRUE(known && *known);
  EXPECT_EQ(**known, suite_client("a"));
  ASSERT_TRUE(unknown && *unknown);
  EXPECT_EQ(**unknown, std::nullopt);
  EXPECT_EQ(resumed_on, std::this_thread::get_id());
}

TEST(ExecutorFindClient, ReadsSqliteFromAThreadThatServesConnections) {
  const TemporaryFolder folder;
  auto store = open_store(folder.path(), WallTime{});
  ASSERT_TRUE(store);
  ASSERT_TRUE((*store)->clients().reconcile_clients(std::vector{suite_client("a")}, WallTime{}));
  const auto executor = make_executor(**store, ExecutorOptions());
  ASSERT_TRUE(executor) << executor.error().detail;

  std::vector<Answer> answers(200);
  std::thread worker{[&] {
    mark_event_loop_thread();
    boost::asio::io_context context{1};
    for (Answer& answer : answers) start_task(context, (*executor)->find_client(client_id("a")), answer);
    context.run();
  }};
  worker.join();

  for (const Answer& answer : answers) {
    ASSERT_TRUE(answer);
    ASSERT_TRUE(*answer) << answer->error().detail;
    EXPECT_EQ(**answer, suite_client("a"));
  }
}

TEST(ExecutorFindClient, IsAnsweredAtOnceWhereTheQueueIsFull) {
  GatedReader::Gate gate;
  Executor executor{gated_readers(gate), 1};
  boost::asio::io_context context{1};
  Answer read;
  Answer queued;
  Answer refused;
  start_task(context, executor.find_client(client_id("a")), read);
  context.poll();
  gate.entered.acquire();  // the reader has it: the queue is empty
  start_task(context, executor.find_client(client_id("b")), queued);
  start_task(context, executor.find_client(client_id("c")), refused);
  context.poll();

  EXPECT_EQ(executor.queued(), 1U);
  EXPECT_FALSE(read || queued);
  expect_overloaded(refused);

  gate.released.release(2);
  context.run();
  EXPECT_TRUE(read && *read);
  EXPECT_TRUE(queued && *queued);
}

TEST(ExecutorFindClient, TurnsWhatAReaderThrowsIntoAnError) {
  GatedReader::Gate gate;
  Executor executor{gated_readers(gate), 10};
  boost::asio::io_context context{1};
  Answer thrown;
  Answer next;
  start_task(context, executor.find_client(client_id("throws")), thrown);
  start_task(context, executor.find_client(client_id("a")), next);
  gate.released.release(2);
  context.run();
  ASSERT_TRUE(thrown);
  ASSERT_FALSE(*thrown);
  EXPECT_EQ(thrown->error().code, ErrorCode::server_error);
  EXPECT_TRUE(next && *next);
}

// A database that blocks its readers: who waits behind them gets an answer, not a place in an endless queue.
TEST(ExecutorFindClient, IsRefusedWhereItWaitedTooLong) {
  GatedReader::Gate gate;
  Executor executor{gated_readers(gate), 10, std::chrono::milliseconds{0}};
  boost::asio::io_context context{1};
  Answer answer;
  start_task(context, executor.find_client(client_id("a")), answer);
  context.run();
  expect_overloaded(answer);
  EXPECT_FALSE(gate.entered.try_acquire());  // it was not read
}

TEST(ExecutorRefuseFrom, RefusesWhatNoReaderHasBegun) {
  GatedReader::Gate gate;
  Executor executor{gated_readers(gate), 10};
  boost::asio::io_context context{1};
  Answer begun;
  Answer waiting;
  start_task(context, executor.find_client(client_id("a")), begun);
  context.poll();
  gate.entered.acquire();
  start_task(context, executor.find_client(client_id("b")), waiting);
  context.poll();
  executor.refuse_from(std::chrono::steady_clock::now());
  gate.released.release();
  context.run();
  EXPECT_TRUE(begun && *begun);
  expect_overloaded(waiting);
  EXPECT_FALSE(gate.entered.try_acquire());
}

TEST(ExecutorRefuseFrom, ChangesNothingBeforeItsTime) {
  GatedReader::Gate gate;
  Executor executor{gated_readers(gate), 10};
  executor.refuse_from(std::chrono::steady_clock::now() + std::chrono::hours{1});
  boost::asio::io_context context{1};
  Answer answer;
  start_task(context, executor.find_client(client_id("a")), answer);
  gate.released.release();
  context.run();
  EXPECT_TRUE(answer && *answer);
}

TEST(ExecutorStop, AnswersWhatWaitsWithAnError) {
  GatedReader::Gate gate;
  Executor executor{gated_readers(gate), 1000000};
  boost::asio::io_context context{1};
  Answer read;
  Answer waiting;
  start_task(context, executor.find_client(client_id("a")), read);
  context.poll();
  gate.entered.acquire();
  start_task(context, executor.find_client(client_id("b")), waiting);
  context.poll();
  std::thread stopper{[&executor] { executor.stop(); }};
  // The queue is closed once a new lookup is answered while the reader still has the first.
  std::deque<Answer> probes;
  do {
    probes.emplace_back();
    start_task(context, executor.find_client(client_id("c")), probes.back());
    context.poll();
  } while (!probes.back());

  gate.released.release();
  stopper.join();
  context.run();

  EXPECT_TRUE(read && *read);
  expect_overloaded(waiting);
  for (const Answer& probe : probes) expect_overloaded(probe);
}

TEST(ExecutorStop, MayBeCalledTwiceAndRefusesAfterwards) {
  auto store = memory::make_memory_store();
  const auto executor = make_executor(**store, ExecutorOptions());
  ASSERT_TRUE(executor);
  (*executor)->stop();
  (*executor)->stop();
  boost::asio::io_context context{1};
  Answer answer;
  start_task(context, (*executor)->find_client(client_id("a")), answer);
  context.run();
  expect_overloaded(answer);
}

TEST(MakeExecutor, NeedsAReader) {
  auto store = memory::make_memory_store();
  ExecutorOptions options;
  options.readers = 0;
  EXPECT_FALSE(make_executor(**store, options));
}

}  // namespace certbound::store
