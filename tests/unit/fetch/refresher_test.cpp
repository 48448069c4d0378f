#include "fetch/refresher.hpp"

#include <atomic>
#include <future>
#include <mutex>
#include <thread>

#include <gtest/gtest.h>

#include "unit/fetch/fetch_fixture.hpp"

namespace certbound::fetch {

namespace {

using namespace std::chrono_literals;

/// A server whose answers the test changes, and a reader that counts.
class RefresherTest : public FetchTest {
 protected:
  RefresherTest() : server_{server_context(), [this](HostilePeer& peer) { answer(peer); }} { client = make_client(); }

  RefreshPlan plan() const {
    RefreshPlan plan;
    plan.name = "partner";
    plan.request = request_to(server_);
    plan.request.freshness.minimum = 0s;
    plan.request.freshness.maximum = 1h;
    plan.backoff.initial = plan.backoff.maximum = 20ms;
    plan.refetch_interval = 1h;
    return plan;
  }

  Refresher::Use reader() {
    return [this](const Outcome& outcome) -> Result<void> {
      const std::lock_guard lock{mutex_};
      if (outcome.body == "bad") return invalid_input("not what it should be");
      read_.push_back(outcome.body);
      return {};
    };
  }

  void set_answer(const std::string& body, const std::string& headers) {
    const std::lock_guard lock{mutex_};
    answer_ = body.empty() ? "HTTP/1.1 503 Service Unavailable\r\n" + headers + "Content-Length: 0\r\n\r\n"
                           : ok_json(body, headers);
    etag_ = body;
  }
  /// The max-age of a 304; else 0.
  void confirm_for(const std::string& max_age) {
    const std::lock_guard lock{mutex_};
    confirmed_for_ = max_age;
  }
  [[nodiscard]] std::vector<std::string> read() {
    const std::lock_guard lock{mutex_};
    return read_;
  }
  [[nodiscard]] std::vector<std::string> asked() {
    const std::lock_guard lock{mutex_};
    return asked_;
  }
  [[nodiscard]] std::string age_line() const {
    const std::string text = registry.render_text();
    const std::size_t at = text.find("certbound_fetch_last_good_timestamp_seconds{");
    return at == std::string::npos ? "" : text.substr(at, text.find('\n', at) - at);
  }

 private:
  void answer(HostilePeer& peer) {
    const std::string head = peer.read_head();
    const std::lock_guard lock{mutex_};
    asked_.push_back(head);
    const bool is_current =
        !etag_.empty() && head.find("\r\nIf-None-Match: \"" + etag_ + "\"\r\n") != std::string::npos;
    peer.send(is_current ? "HTTP/1.1 304 Not Modified\r\nCache-Control: max-age=" + confirmed_for_ + "\r\n\r\n"
                         : answer_);
  }

  std::mutex mutex_;  // guards what follows
  std::string answer_;
  std::string etag_;
  std::string confirmed_for_ = "0";
  std::vector<std::string> asked_;
  std::vector<std::string> read_;
  HostileServer server_;  // last: it uses the others
};

TEST_F(RefresherTest, FetchesAtOnceAndAgainWhenItIsStale) {
  set_answer("v1", "ETag: \"v1\"\r\nCache-Control: max-age=0\r\n");
  Refresher refresher{*client, plan(), reader()};
  ASSERT_TRUE(comes_true([&] { return asked().size() >= 3; }));
  // The second was conditional, and a 304 is nothing new.
  EXPECT_EQ(read(), std::vector<std::string>{"v1"});
  set_answer("v2", "ETag: \"v2\"\r\nCache-Control: max-age=3000\r\n");
  ASSERT_TRUE(comes_true([&] { return read().size() == 2; }));
  EXPECT_EQ(read().back(), "v2");
  ASSERT_TRUE(comes_true([&] { return refresher.last_good()->body == "v2"; }));
  const RefreshStatus status = refresher.status();
  EXPECT_EQ(status.last_good, test::kNow);
  EXPECT_EQ(status.failures, 0);
  EXPECT_EQ(status.last_failure, Failure::none);
  ASSERT_TRUE(comes_true([&] { return refresher.status().next_attempt == test::kNow + 3000s; }));
}

TEST_F(RefresherTest, KeepsWhatItHasWhileTheServerFails) {
  set_answer("v1", "ETag: \"v1\"\r\nCache-Control: max-age=0\r\n");
  Refresher refresher{*client, plan(), reader()};
  ASSERT_TRUE(comes_true([&] { return refresher.last_good() != nullptr; }));
  set_answer("", "");
  ASSERT_TRUE(comes_true([&] { return refresher.status().failures >= 3; }));
  EXPECT_EQ(refresher.status().last_failure, Failure::status);
  EXPECT_EQ(refresher.status().last_detail, "status 503");
  EXPECT_EQ(refresher.last_good()->body, "v1");
  set_answer("v2", "Cache-Control: max-age=3000\r\n");
  ASSERT_TRUE(comes_true([&] { return refresher.status().failures == 0; }));
  EXPECT_EQ(refresher.last_good()->body, "v2");
}

TEST_F(RefresherTest, WaitsAsLongAsTheServerAsks) {
  set_answer("", "Retry-After: 600\r\n");
  RefreshPlan slow = plan();
  slow.backoff.maximum = 1h;
  Refresher refresher{*client, slow, reader()};
  ASSERT_TRUE(comes_true([&] { return refresher.status().failures == 1; }));
  EXPECT_EQ(refresher.status().next_attempt, test::kNow + 600s);
}

// A body that does not parse must neither replace what is there nor be confirmed by the next 304.
TEST_F(RefresherTest, CountsWhatItsReaderRefusesAsAFailure) {
  set_answer("v1", "ETag: \"v1\"\r\nCache-Control: max-age=0\r\n");
  Refresher refresher{*client, plan(), reader()};
  ASSERT_TRUE(comes_true([&] { return refresher.last_good() != nullptr; }));
  set_answer("bad", "ETag: \"bad\"\r\n");
  ASSERT_TRUE(comes_true([&] { return refresher.status().failures >= 2; }));
  EXPECT_EQ(refresher.status().last_failure, Failure::rejected);
  EXPECT_EQ(refresher.status().last_detail, "not what it should be");
  EXPECT_EQ(refresher.last_good()->body, "v1");
  EXPECT_NE(asked().back().find("If-None-Match: \"v1\""), std::string::npos) << asked().back();
}

// What takes long is handed on; the attempt lasts until there is an answer.
TEST_F(RefresherTest, WaitsForALateAnswer) {
  set_answer("v1", "ETag: \"v1\"\r\nCache-Control: max-age=3000\r\n");
  std::promise<Refresher::Answer> handed_on;
  auto answer = handed_on.get_future();
  Refresher refresher{*client, plan(), [&](const std::shared_ptr<const Outcome>& outcome, Refresher::Answer later) {
                        EXPECT_EQ(outcome->body, "v1");
                        handed_on.set_value(std::move(later));
                      }};
  ASSERT_EQ(answer.wait_for(5s), std::future_status::ready);
  EXPECT_EQ(refresher.refetch_now(), Refresher::Refetch::under_way);
  EXPECT_EQ(refresher.last_good(), nullptr);
  answer.get()(std::optional<WallTime>{});
  ASSERT_TRUE(comes_true([&] { return refresher.last_good() != nullptr; }));
  EXPECT_EQ(refresher.status().failures, 0);
}

TEST_F(RefresherTest, CountsALateRefusalAsAFailure) {
  set_answer("v1", "Cache-Control: max-age=3000\r\n");
  Refresher refresher{*client, plan(), [](const std::shared_ptr<const Outcome>&, const Refresher::Answer& later) {
                        later(invalid_input("of another CA"));
                      }};
  ASSERT_TRUE(comes_true([&] { return refresher.status().failures >= 2; }));
  EXPECT_EQ(refresher.status().last_failure, Failure::rejected);
  EXPECT_EQ(refresher.status().last_detail, "of another CA");
  EXPECT_EQ(refresher.last_good(), nullptr);
}

TEST_F(RefresherTest, DropsAnAnswerThatComesAfterItsEnd) {
  set_answer("v1", "Cache-Control: max-age=3000\r\n");
  std::promise<Refresher::Answer> handed_on;
  auto answer = handed_on.get_future();
  {
    Refresher refresher{*client, plan(), [&](const std::shared_ptr<const Outcome>&, Refresher::Answer later) {
                          handed_on.set_value(std::move(later));
                        }};
    ASSERT_EQ(answer.wait_for(5s), std::future_status::ready);
  }
  answer.get()(std::optional<WallTime>{});
  EXPECT_EQ(asked().size(), 1U);
}

// Many threads ask at once: one of them begins, and to the others the attempt is there from that moment on until it was
// told of. None is sent away in between.
TEST_F(RefresherTest, IsUnderWayForEveryoneWhileOneHasAsked) {
  set_answer("v1", "Cache-Control: max-age=3000\r\n");
  for (int round = 0; round < 20; ++round) {
    RefreshPlan told = plan();
    std::atomic<int> ended{0};
    told.on_attempt = [&](const RefreshStatus&) { ++ended; };
    Refresher refresher{*client, told, reader()};
    ASSERT_TRUE(comes_true([&] { return ended == 1; }));
    std::atomic<int> begun{0};
    std::atomic<int> sent_away{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        while (ended == 1) {
          const auto refetch = refresher.refetch_now();
          if (refetch == Refresher::Refetch::begun) ++begun;
          if (refetch == Refresher::Refetch::too_soon && ended == 1) ++sent_away;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(begun, 1);
    EXPECT_EQ(sent_away, 0);
  }
}

// A CRL's nextUpdate comes before the end of what its server says.
TEST_F(RefresherTest, AsksAgainBeforeTheContentEnds) {
  set_answer("v1", "ETag: \"v1\"\r\nCache-Control: max-age=3000\r\n");
  Refresher refresher{*client, plan(), [](const std::shared_ptr<const Outcome>&, const Refresher::Answer& later) {
                        later(std::optional<WallTime>{test::kNow + 1000s});
                      }};
  ASSERT_TRUE(comes_true([&] { return refresher.status().next_attempt == test::kNow + 1000s; }));
}

TEST_F(RefresherTest, TellsHowEachAttemptEnded) {
  set_answer("bad", "ETag: \"bad\"\r\n");
  RefreshPlan told = plan();
  std::mutex mutex;
  std::vector<RefreshStatus> heard;
  told.on_attempt = [&](const RefreshStatus& status) {
    const std::lock_guard lock{mutex};
    heard.push_back(status);
  };
  {
    Refresher refresher{*client, told, reader()};
    const auto count = [&] {
      const std::lock_guard lock{mutex};
      return heard.size();
    };
    ASSERT_TRUE(comes_true([&] { return count() >= 1; }));
    set_answer("v1", "ETag: \"v1\"\r\nCache-Control: max-age=3000\r\n");
    ASSERT_TRUE(comes_true([&] { return refresher.last_good() != nullptr; }));
  }
  // Nobody calls any more.
  EXPECT_EQ(heard.front().last_failure, Failure::rejected);
  EXPECT_EQ(heard.back().last_failure, Failure::none);
  EXPECT_EQ(heard.back().last_good, test::kNow);
}

TEST_F(RefresherTest, LivesOnWhenItsReaderThrows) {
  set_answer("v1", "");
  Refresher refresher{*client, plan(), [](const Outcome&) -> Result<void> { throw std::runtime_error{"of a reader"}; }};
  ASSERT_TRUE(comes_true([&] { return refresher.status().failures >= 2; }));
  EXPECT_EQ(refresher.status().last_failure, Failure::rejected);
  EXPECT_EQ(refresher.status().last_detail, "of a reader");
}

TEST_F(RefresherTest, BeginsWithItsSeed) {
  set_answer("v1", "ETag: \"v1\"\r\n");
  LastGood seed;
  seed.body = "v1";
  seed.validators.etag = "\"v1\"";
  seed.received_at = test::kNow - 1h;
  Refresher refresher{*client, plan(), reader(), seed};
  EXPECT_EQ(refresher.last_good()->body, "v1");
  ASSERT_TRUE(comes_true([&] { return refresher.status().last_good == test::kNow; }));
  EXPECT_EQ(refresher.last_good()->body, "v1");
  EXPECT_TRUE(read().empty());
}

// Also where a 304 is all that comes.
TEST_F(RefresherTest, AsksAgainBeforeTheContentOfItsSeedEnds) {
  set_answer("v1", "");
  confirm_for("3000");
  LastGood seed;
  seed.body = "v1";
  seed.validators.etag = "\"v1\"";
  seed.received_at = test::kNow - 1h;
  seed.good_until = test::kNow + 1000s;
  Refresher refresher{*client, plan(), reader(), seed};
  ASSERT_TRUE(comes_true([&] { return refresher.status().next_attempt == test::kNow + 1000s; }));
  EXPECT_TRUE(read().empty());
}

TEST_F(RefresherTest, ServesItsSeedWhileTheServerIsDown) {
  LastGood seed;
  seed.body = "v1";
  seed.received_at = test::kNow - 1h;
  set_answer("", "");
  Refresher refresher{*client, plan(), reader(), seed};
  ASSERT_TRUE(comes_true([&] { return refresher.status().failures >= 1; }));
  EXPECT_EQ(refresher.last_good()->body, "v1");
  EXPECT_EQ(refresher.status().last_good, test::kNow - 1h);
}

// Whoever presents unknown certificates must not make us ask a partner's server for each of them.
TEST_F(RefresherTest, RefetchesAtMostOncePerInterval) {
  set_answer("v1", "Cache-Control: max-age=3000\r\n");
  Refresher refresher{*client, plan(), reader()};
  ASSERT_TRUE(comes_true([&] { return refresher.status().last_good.has_value(); }));
  set_answer("v2", "Cache-Control: max-age=3000\r\n");
  EXPECT_EQ(refresher.refetch_now(), Refresher::Refetch::begun);
  for (int i = 0; i < 1000; ++i) EXPECT_NE(refresher.refetch_now(), Refresher::Refetch::begun);
  ASSERT_TRUE(comes_true([&] { return refresher.last_good()->body == "v2"; }));
  EXPECT_EQ(refresher.refetch_now(), Refresher::Refetch::too_soon);
  EXPECT_EQ(asked().size(), 2U);
}

TEST_F(RefresherTest, RefetchesAgainAfterTheInterval) {
  set_answer("v1", "Cache-Control: max-age=3000\r\n");
  RefreshPlan eager = plan();
  eager.refetch_interval = 1ms;
  Refresher refresher{*client, eager, reader()};
  ASSERT_TRUE(comes_true([&] { return refresher.status().last_good.has_value(); }));
  for (std::size_t round = 2; round <= 4; ++round) {
    ASSERT_TRUE(comes_true([&] { return refresher.refetch_now() == Refresher::Refetch::begun; }));
    ASSERT_TRUE(comes_true([&] { return read().size() >= round; }));
  }
}

TEST_F(RefresherTest, KeepsNoBodyWhereNobodyWantsIt) {
  set_answer("v1", "ETag: \"v1\"\r\nCache-Control: max-age=3000\r\n");
  RefreshPlan lean = plan();
  lean.keep = Keep::nothing;
  Refresher refresher{*client, lean, reader()};
  ASSERT_TRUE(comes_true([&] { return refresher.last_good() != nullptr; }));
  EXPECT_EQ(refresher.last_good()->body, "");
  EXPECT_EQ(refresher.last_good()->validators.etag, "\"v1\"");
  EXPECT_EQ(read(), std::vector<std::string>{"v1"});
}

TEST_F(RefresherTest, CallsNobodyAfterItsEnd) {
  set_answer("v1", "Cache-Control: max-age=0\r\n");
  for (int round = 0; round < 20; ++round) {
    auto is_alive = std::make_unique<std::atomic<bool>>(true);
    std::atomic<int> calls_of_the_dead{0};
    {
      RefreshPlan busy = plan();
      Refresher refresher{*client, busy, [&](const Outcome&) -> Result<void> {
                            if (!*is_alive) ++calls_of_the_dead;
                            return {};
                          }};
      const std::size_t before = asked().size();
      ASSERT_TRUE(comes_true([&] { return asked().size() > before; }));
    }
    *is_alive = false;
    // The fetch thread has gone through what was under way when this comes back.
    static_cast<void>(fetch(request_for("nothing")));
    EXPECT_EQ(calls_of_the_dead, 0);
  }
}

TEST_F(RefresherTest, MayBeEndedByItsReader) {
  set_answer("v1", "Cache-Control: max-age=0\r\n");
  std::unique_ptr<Refresher> refresher;
  std::promise<void> ended;
  std::promise<void> made;
  auto is_made = made.get_future().share();
  refresher = std::make_unique<Refresher>(*client, plan(), [&](const Outcome&) -> Result<void> {
    is_made.wait();
    refresher.reset();
    ended.set_value();
    return {};
  });
  made.set_value();
  EXPECT_EQ(ended.get_future().wait_for(5s), std::future_status::ready);
  EXPECT_EQ(fetch(request_for("nothing")).failure, Failure::url_invalid);
  EXPECT_EQ(asked().size(), 1U);
}

TEST_F(RefresherTest, ShowsItsAgeForAsLongAsItLives) {
  set_answer("v1", "Cache-Control: max-age=3000\r\n");
  const std::string name = "certbound_fetch_last_good_timestamp_seconds{name=\"partner\"} ";
  {
    // A reload makes the new one before it ends the old one.
    auto refresher = std::make_unique<Refresher>(*client, plan(), reader());
    ASSERT_TRUE(comes_true([&] { return refresher->status().last_good.has_value(); }));
    EXPECT_EQ(age_line(), name + std::to_string(unix_seconds(test::kNow)));
    const auto next = std::make_unique<Refresher>(*client, plan(), reader());
    refresher.reset();
    EXPECT_NE(age_line(), "");
  }
  EXPECT_EQ(age_line(), "");
}

TEST_F(RefresherTest, EndsWithItsClient) {
  set_answer("", "");
  Refresher refresher{*client, plan(), reader()};
  ASSERT_TRUE(comes_true([&] { return refresher.status().failures >= 1; }));
  const auto began = std::chrono::steady_clock::now();
  client->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - began, 1s);
  const int failures = refresher.status().failures;
  static_cast<void>(refresher.refetch_now());
  EXPECT_EQ(refresher.status().failures, failures);
}

}  // namespace

}  // namespace certbound::fetch
