#include "store/denial_recorder.hpp"

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
  return denial;
}

/// A disk that is full.
class FullStore final : public DenialStore {
 public:
  Result<std::vector<model::Denial>> list_denials(std::uint64_t /*after*/, std::size_t /*limit*/) override {
    return std::vector<model::Denial>{};
  }
  Result<void> add_denials(std::span<model::Denial> /*denials*/) override { return full(); }
  Result<std::optional<model::Denial>> remove_denial(std::uint64_t /*id*/) override { return full(); }
  Result<std::vector<model::Denial>> forget_denials(WallTime /*now*/, std::size_t /*limit*/) override { return full(); }

 private:
  static Error full() { return {ErrorCode::temporarily_unavailable, Reason::overloaded, "busy", "disk full"}; }
};

}  // namespace

class DenialRecorderTest : public testing::Test {
 protected:
  DenialRecorderTest() { store_ = *memory::make_memory_store(); }

  void start(std::unique_ptr<DenialStore> connection, std::span<const model::Denial> current = {}) {
    recorder_ = std::make_unique<DenialRecorder>(
        std::move(connection), current,
        [this](std::span<const model::Denial> added, std::span<const model::Denial> removed) {
          for (const model::Denial& denial : added) changes_.push_back("+" + denial.subject);
          for (const model::Denial& denial : removed) changes_.push_back("-" + denial.subject);
        },
        registry_);
  }
  void start() { start(*store_->make_denial_store()); }

  [[nodiscard]] Result<void> add(const std::string& jti) {
    boost::asio::io_context context{1};
    std::optional<Result<void>> added;
    start_task(context, recorder_->add(make_jti_denial(jti)), added);
    context.run();
    return *std::move(added);
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

TEST_F(DenialRecorderTest, WritesANoteBeforeItStops) {
  start();
  recorder_->note(make_jti_denial("a"));
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

TEST_F(DenialRecorderTest, LetsOnlyOperatorsGoBeyondTheBound) {
  const std::vector<model::Denial> many(DenialRecorder::kMostDenials, make_jti_denial("x"));
  start(*store_->make_denial_store(), many);
  EXPECT_FALSE(add("a"));
  const auto added = std::make_shared<std::promise<bool>>();
  recorder_->add(make_jti_denial("b"), [added](Result<model::Denial> denial) { added->set_value(denial.has_value()); });
  EXPECT_TRUE(added->get_future().get());
  EXPECT_EQ(stored(), std::vector<std::string>{"b"});
}

}  // namespace certbound::store
