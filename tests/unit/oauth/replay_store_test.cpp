#include "oauth/replay_store.hpp"

#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "support/pki.hpp"
#include "unit/store/coroutine_runner.hpp"

namespace certbound::oauth {

namespace {

using std::chrono::seconds;

SingleUse made_use(int number, WallTime issued_at = test::kNow) {
  SingleUse use;
  use.key = crypto::sha256(std::to_string(number));
  use.issued_at = issued_at;
  use.until = issued_at + seconds{60};
  return use;
}

Spent spend_now(ReplayStore& store, SingleUse use, WallTime now = test::kNow) {
  boost::asio::io_context context{1};
  std::optional<Spent> spent;
  store::start_task(context, store.spend(use, now), spent);
  context.run();
  return spent.value();
}

double value_of(const metrics::Registry& registry, const std::string& series) {
  const std::string text = registry.render_text();
  const std::size_t at = text.find("\n" + series + " ");
  return at == std::string::npos ? -1 : std::stod(text.substr(at + series.size() + 2));
}

}  // namespace

class LocalReplays : public testing::Test {
 protected:
  metrics::Registry registry_;
};

TEST_F(LocalReplays, TakeAValueOnce) {
  LocalReplayStore store{1000, WallTime{}, registry_};
  EXPECT_EQ(spend_now(store, made_use(1)), Spent::first);
  EXPECT_EQ(spend_now(store, made_use(1)), Spent::replay);
  EXPECT_EQ(spend_now(store, made_use(2)), Spent::first);
  EXPECT_EQ(value_of(registry_, "certbound_replay_entries"), 2);
  EXPECT_EQ(value_of(registry_, "certbound_replays_total"), 1);
  EXPECT_EQ(value_of(registry_, "certbound_replay_full_total"), 0);
}

// Nothing is forgotten for want of room: a live value must not be accepted again.
TEST_F(LocalReplays, RefuseWhatTheyCannotRemember) {
  LocalReplayStore store{3, WallTime{}, registry_};
  for (int i = 0; i < 3; ++i) EXPECT_EQ(spend_now(store, made_use(i)), Spent::first);
  EXPECT_EQ(spend_now(store, made_use(3)), Spent::full);
  EXPECT_EQ(spend_now(store, made_use(0)), Spent::replay);
  EXPECT_EQ(value_of(registry_, "certbound_replay_full_total"), 1);
  EXPECT_EQ(spend_now(store, made_use(3, test::kNow + seconds{60}), test::kNow + seconds{60}), Spent::first);
}

// After a restart: what is older than the last value of the process before may have been used.
TEST_F(LocalReplays, TakeNothingFromBeforeTheStart) {
  const WallTime mark = test::kNow;
  LocalReplayStore store{1000, mark, registry_};
  EXPECT_EQ(spend_now(store, made_use(1, mark - seconds{30}), mark + seconds{1}), Spent::before_start);
  EXPECT_EQ(spend_now(store, made_use(1, mark), mark + seconds{1}), Spent::before_start);
  EXPECT_EQ(spend_now(store, made_use(1, mark + seconds{1}), mark + seconds{1}), Spent::first);
  EXPECT_EQ(spend_now(store, made_use(1, mark + seconds{1}), mark + seconds{1}), Spent::replay);
}

// While nothing that could be made would do, nobody is told to make another.
TEST_F(LocalReplays, SayThatNobodyKnowsUntilTheMarkIsOver) {
  const WallTime mark = test::kNow + seconds{10};
  LocalReplayStore store{1000, mark, registry_};
  EXPECT_EQ(spend_now(store, made_use(1), test::kNow), Spent::unknown);
  EXPECT_EQ(spend_now(store, made_use(1, mark), mark), Spent::unknown);
  EXPECT_EQ(spend_now(store, made_use(1, mark), mark + seconds{1}), Spent::before_start);
  EXPECT_EQ(spend_now(store, made_use(1, mark + seconds{1}), mark + seconds{1}), Spent::first);
  EXPECT_EQ(spend_now(store, made_use(2, mark + seconds{5}), test::kNow), Spent::first);
}

// What the next process must not take: of everything that was taken, whatever came last.
TEST_F(LocalReplays, KnowTheLatestThatTheyTook) {
  LocalReplayStore store{2, test::kNow, registry_};
  EXPECT_EQ(store.latest(), test::kNow);
  static_cast<void>(spend_now(store, made_use(1, test::kNow + seconds{9})));
  static_cast<void>(spend_now(store, made_use(2, test::kNow + seconds{3})));
  EXPECT_EQ(store.latest(), test::kNow + seconds{9});
  // What was not taken needs no mark.
  EXPECT_EQ(spend_now(store, made_use(3, test::kNow + seconds{10})), Spent::full);
  EXPECT_EQ(store.latest(), test::kNow + seconds{9});
}

TEST_F(LocalReplays, LetOneOfAllThreadsBeTheFirst) {
  constexpr int kThreads = 4;
  constexpr int kValues = 500;
  LocalReplayStore store{1000, WallTime{}, registry_};
  std::atomic<int> firsts = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < kValues; ++i) {
        if (spend_now(store, made_use(i, test::kNow + seconds{i % 10})) == Spent::first) ++firsts;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(firsts, kValues);
  EXPECT_EQ(store.latest(), test::kNow + seconds{9});
  EXPECT_EQ(value_of(registry_, "certbound_replay_entries"), kValues);
}

TEST(RefuseUntold, TellsTheTwoReasonsApart) {
  EXPECT_EQ(refuse_untold(Spent::full).reason, Reason::replays_full);
  EXPECT_EQ(refuse_untold(Spent::unknown).reason, Reason::replays_unknown);
  for (const Spent spent : {Spent::full, Spent::unknown}) {
    EXPECT_EQ(refuse_untold(spent).code, ErrorCode::temporarily_unavailable);
  }
}

}  // namespace certbound::oauth
