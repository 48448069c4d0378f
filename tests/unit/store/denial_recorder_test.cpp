#include "store/denial_recorder.hpp"

#include <atomic>
#include <future>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "store/memory/memory_store.hpp"
#include "unit/store/coroutine_runner.hpp"

namespace certbound::store {

namespace {

constexpr WallTime kDeniedAt{std::chrono::seconds{1'700'000'000}};

model::Denial make_jti_denial(const std::string& jti) {
  model::Denial denial;
  denial.subject = jti;
  denial.created_at = kDeniedAt;
  denial.until = kDeniedAt + std::chrono::minutes{5};
  denial.origin = model::DenialOrigin::by_client;
  denial.revoked_by = "etl";
  return denial;
}

/// Another store, whose writes wait until the test permits them and can be made to fail.
class GatedStore final : public DenialStore {
 public:
  struct Control {
    std::promise<void> permit;
    std::shared_future<void> permitted = permit.get_future().share();
    std::atomic<int> writes = 0;
    std::atomic<bool> is_broken = false;
  };
  GatedStore(std::unique_ptr<DenialStore> store, std::shared_ptr<Control> control)
      : store_{std::move(store)}, control_{std::move(control)} {}

  Result<std::vector<model::Denial>> list_denials(std::uint64_t after, std::size_t limit) override {
    return store_->list_denials(after, limit);
  }
  Result<void> write_denials(std::span<model::Denial> denials) override {
    ++control_->writes;
    control_->permitted.wait();
    if (control_->is_broken) return internal_error("broken");
    return store_->write_denials(denials);
  }
  Result<std::optional<model::Denial>> remove_denial(std::uint64_t id) override { return store_->remove_denial(id); }
  Result<std::vector<model::Denial>> forget_denials(WallTime now, std::size_t limit) override {
    return store_->forget_denials(now, limit);
  }

 private:
  std::unique_ptr<DenialStore> store_;
  std::shared_ptr<Control> control_;
};

/// A disk that is full.
class FullStore final : public DenialStore {
 public:
  Result<std::vector<model::Denial>> list_denials(std::uint64_t /*after*/, std::size_t /*limit*/) override {
    return std::vector<model::Denial>{};
  }
  Result<void> write_denials(std::span<model::Denial> /*denials*/) override { return full(); }
  Result<std::optional<model::Denial>> remove_denial(std::uint64_t /*id*/) override { return full(); }
  Result<std::vector<model::Denial>> forget_denials(WallTime /*now*/, std::size_t /*limit*/) override { return full(); }

 private:
  static Error full() { return {ErrorCode::temporarily_unavailable, Reason::overloaded, "busy", "disk full"}; }
};

}  // namespace

class DenialRecorderTest : public testing::Test {
 protected:
  DenialRecorderTest() { store_ = *memory::make_memory_store(); }

  void start(std::unique_ptr<DenialStore> connection, std::span<const model::Denial> current = {},
             const DenialLimits& limits = {}) {
    recorder_ = std::make_unique<DenialRecorder>(
        std::move(connection), current,
        [this](std::span<const model::Denial> added, std::span<const model::Denial> removed) {
          for (const model::Denial& denial : added) changes_.push_back("+" + denial.subject);
          for (const model::Denial& denial : removed) changes_.push_back("-" + denial.subject);
        },
        registry_, limits);
  }
  void start() { start(*store_->make_denial_store()); }

  [[nodiscard]] Result<model::Denial> add(const std::string& jti) { return add(make_jti_denial(jti)); }
  [[nodiscard]] Result<model::Denial> add(model::Denial denial) {
    boost::asio::io_context context{1};
    std::optional<Result<model::Denial>> added;
    start_task(context, recorder_->add(std::move(denial)), added);
    context.run();
    return *std::move(added);
  }
  /// What becomes of it is told in the order in which they were added.
  void add_without_waiting(model::Denial denial) {
    recorder_->add(std::move(denial), [this](const Result<model::Denial>& added) {
      answers_.push_back(added ? std::to_string(added->id) : added.error().detail);
    });
  }
  [[nodiscard]] std::vector<std::string> stored() {
    std::vector<std::string> subjects;
    const auto listed = load_denials(store_->denials());
    for (const model::Denial& denial : *listed) subjects.push_back(denial.subject);
    return subjects;
  }
  [[nodiscard]] bool has_metric(const std::string& line) {
    return registry_.render_text().find(line) != std::string::npos;
  }

  metrics::Registry registry_;
  std::unique_ptr<Store> store_;
  std::vector<std::string> changes_;  // of the recorder's thread; read when it has answered
  std::vector<std::string> answers_;  // the same
  std::unique_ptr<DenialRecorder> recorder_;
};

TEST_F(DenialRecorderTest, AnswersWhenTheDenialIsStoredAndInEffect) {
  start();
  ASSERT_TRUE(add("a"));
  EXPECT_EQ(stored(), std::vector<std::string>{"a"});
  EXPECT_EQ(changes_, std::vector<std::string>{"+a"});
  EXPECT_TRUE(has_metric("certbound_denials{kind=\"jti\"} 1"));
}

TEST_F(DenialRecorderTest, TellsWhoeverWaitsThatItCouldNotBeStored) {
  start(std::make_unique<FullStore>());
  const auto added = add("a");
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().code, ErrorCode::temporarily_unavailable);
  EXPECT_TRUE(changes_.empty());
  EXPECT_TRUE(has_metric("certbound_denials_failed_total 1"));
}

TEST_F(DenialRecorderTest, GivesAnOperatorTheDenialWithItsIdAndTakesItBack) {
  start();
  const auto added = std::make_shared<std::promise<model::Denial>>();
  recorder_->add(make_jti_denial("a"), [added](Result<model::Denial> denial) { added->set_value(*denial); });
  const model::Denial denial = added->get_future().get();
  EXPECT_GT(denial.id, 0U);
  const auto answers = std::make_shared<std::promise<std::vector<std::string>>>();
  std::vector<std::string> seen;
  recorder_->remove(denial.id, [&seen](Result<model::Denial> removed) { seen.push_back(removed->subject); });
  recorder_->remove(denial.id, [answers, &seen](Result<model::Denial> removed) {
    seen.push_back(removed.error().detail);
    answers->set_value(seen);
  });
  EXPECT_EQ(answers->get_future().get(),
            (std::vector<std::string>{"a", "there is no denial " + std::to_string(denial.id)}));
  EXPECT_EQ(changes_, (std::vector<std::string>{"+a", "-a"}));
  EXPECT_TRUE(stored().empty());
}

TEST_F(DenialRecorderTest, ForgetsWhatIsOver) {
  start();
  ASSERT_TRUE(add("a"));
  recorder_->forget(kDeniedAt + std::chrono::minutes{5} - std::chrono::seconds{1});
  ASSERT_TRUE(add("b"));
  EXPECT_EQ(stored(), (std::vector<std::string>{"a", "b"}));
  recorder_->forget(kDeniedAt + std::chrono::minutes{5});
  recorder_->stop();
  EXPECT_TRUE(stored().empty());
  EXPECT_EQ(changes_, (std::vector<std::string>{"+a", "+b", "-a", "-b"}));
  EXPECT_TRUE(has_metric("certbound_denials{kind=\"jti\"} 0"));
}

TEST_F(DenialRecorderTest, WritesWhatIsQueuedBeforeItStops) {
  start();
  add_without_waiting(make_jti_denial("a"));
  recorder_->stop();
  EXPECT_EQ(stored(), std::vector<std::string>{"a"});
}

TEST_F(DenialRecorderTest, RefusesWhatComesAfterItStopped) {
  start();
  recorder_->stop();
  const auto added = add("a");
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().reason, Reason::overloaded);
}

// However often a token is revoked, at once or later: one row, one write.
TEST_F(DenialRecorderTest, StoresOneRowForOneToken) {
  const auto control = std::make_shared<GatedStore::Control>();
  start(std::make_unique<GatedStore>(*store_->make_denial_store(), control));
  for (int i = 0; i < 100; ++i) add_without_waiting(make_jti_denial("a"));
  control->permit.set_value();
  ASSERT_TRUE(add("a"));
  EXPECT_EQ(control->writes, 1);
  EXPECT_EQ(stored(), std::vector<std::string>{"a"});
  EXPECT_EQ(changes_, std::vector<std::string>{"+a"});
  EXPECT_EQ(answers_, std::vector<std::string>(100, "1"));
  model::Denial longer = make_jti_denial("a");
  longer.until = kDeniedAt + std::chrono::minutes{6};
  const auto changed = add(longer);
  ASSERT_TRUE(changed);
  EXPECT_EQ(changed->id, 1U);
  EXPECT_EQ(changes_, (std::vector<std::string>{"+a", "+a", "-a"}));
  EXPECT_EQ((*load_denials(store_->denials())).front().until, longer.until);
  EXPECT_TRUE(has_metric("certbound_denials{kind=\"jti\"} 1"));
}

TEST_F(DenialRecorderTest, TakesBackWhatCouldNotBeWritten) {
  const auto control = std::make_shared<GatedStore::Control>();
  control->permit.set_value();
  start(std::make_unique<GatedStore>(*store_->make_denial_store(), control), {}, {10, 1, 10, 10});
  control->is_broken = true;
  EXPECT_FALSE(add("a"));
  control->is_broken = false;
  // It is not there, and it takes no room.
  EXPECT_TRUE(add("a"));
  EXPECT_EQ(control->writes, 2);
  EXPECT_FALSE(add("b"));
  EXPECT_EQ(changes_, std::vector<std::string>{"+a"});
}

// RFC 7009 section 2.2.1.
TEST_F(DenialRecorderTest, RefusesAClientWhatIsBeyondItsShare) {
  start(*store_->make_denial_store(), {}, {1, 2, 10, 10});
  ASSERT_TRUE(add("a"));
  ASSERT_TRUE(add("b"));
  for (int i = 0; i < 3; ++i) {
    const auto refused = add("c");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().reason, Reason::denials_full);
  }
  EXPECT_TRUE(has_metric("certbound_denials_refused_total{origin=\"client\"} 3"));
  model::Denial other = make_jti_denial("c");
  other.revoked_by = "other";
  EXPECT_TRUE(add(other));
  model::Denial by_operator = make_jti_denial("d");
  by_operator.origin = model::DenialOrigin::by_operator;
  by_operator.revoked_by.clear();
  EXPECT_TRUE(add(by_operator));
  by_operator.subject = "e";
  const auto beyond = add(by_operator);
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().code, ErrorCode::invalid_request);
  EXPECT_EQ(stored(), (std::vector<std::string>{"a", "b", "c", "d"}));
  EXPECT_TRUE(has_metric("certbound_denials_by_origin{origin=\"client\"} 3"));
}

// What is over takes no room, also where nobody has asked to forget it yet.
TEST_F(DenialRecorderTest, MakesRoomOfWhatIsOver) {
  start(*store_->make_denial_store(), {}, {10, 2, 10, 10});
  ASSERT_TRUE(add("a"));
  ASSERT_TRUE(add("b"));
  model::Denial later = make_jti_denial("c");
  later.created_at = kDeniedAt + std::chrono::minutes{5};
  later.until = later.created_at + std::chrono::minutes{5};
  EXPECT_TRUE(add(later));
  EXPECT_EQ(stored(), std::vector<std::string>{"c"});
}

TEST_F(DenialRecorderTest, CountsWhatWasStoredBefore) {
  const std::vector<model::Denial> current{make_jti_denial("x"), make_jti_denial("y")};
  start(*store_->make_denial_store(), current, {10, 2, 10, 10});
  EXPECT_FALSE(add("a"));
}

}  // namespace certbound::store
