#include "app/key_rotation.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "unit/app/key_fixture.hpp"

namespace certbound::app {

namespace {

using model::SigningAlgorithm;
using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;

KeyClock test_now;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables): the clock is a plain function

KeyClock read_test_clock() { return test_now; }

class KeyRotationTest : public testing::Test {
 protected:
  KeyRotationTest() {
    test_now = {WallTime{seconds{1700000000}}, KeyClock::Steady{std::chrono::hours{5}}};
    begin();
  }

  static void pass(seconds time) {
    test_now.wall += time;
    test_now.steady += time;
  }

  /// A server's start.
  void begin() {
    rotation_.emplace(
        take_or_throw(KeyRing::load(keys_, {}, test_now)),
        [this](SnapshotKeys keys) { return prepare(std::move(keys)); }, registry_, &read_test_clock);
    auto plan = take_or_throw(rotation_->plan(policy_));
    published_ = plan.snapshot_keys();
    ASSERT_TRUE(rotation_->store(std::move(plan)));
    rotation_->note_published();
  }

  Result<KeyRotation::Publish> prepare(SnapshotKeys keys) {
    if (is_refusing_) return internal_error("not today");
    return KeyRotation::Publish{[this, keys = std::move(keys)] {
      ++publications_;
      published_ = keys;
    }};
  }

  [[nodiscard]] std::string published() const {
    std::string text;
    for (const oauth::SigningKey& key : published_.signing) text += std::string{name(key.record.state)} + " ";
    return text;
  }
  [[nodiscard]] std::string active_kid() const {
    for (const oauth::SigningKey& key : published_.signing) {
      if (key.record.state == model::KeyState::active) return key.record.kid;
    }
    return {};
  }
  json rotate(const json& arguments = json::object()) { return take_or_throw(rotation_->rotate(policy_, arguments)); }

  std::unique_ptr<store::Store> store_ = take_or_throw(store::memory::make_memory_store());
  UnsteadyKeys keys_{store_->keys()};
  KeyPolicy policy_{SigningAlgorithm::es256, false, std::chrono::hours{24}, seconds{600}, seconds{300}};
  [[nodiscard]] bool shows(std::string_view line) const {
    return registry_.render_text().find("\n" + std::string{line} + "\n") != std::string::npos;
  }
  [[nodiscard]] std::string due_line(seconds from_now) const {
    // As the library renders doubles: these times have more digits than its stream prints.
    metrics::Registry other;
    const auto gauge = other.gauge("certbound_token_key_change_due_timestamp_seconds", "");
    gauge.set(static_cast<double>(unix_seconds(test_now.wall + from_now)));
    const std::string text = other.render_text();
    const std::size_t begin = text.find("\ncertbound_token_key_change_due");
    return text.substr(begin + 1, text.find('\n', begin + 1) - begin - 1);
  }

  metrics::Registry registry_;
  SnapshotKeys published_;
  int publications_ = 0;
  bool is_refusing_ = false;
  std::optional<KeyRotation> rotation_;
};

}  // namespace

TEST_F(KeyRotationTest, DoesNothingBeforeItIsDue) {
  EXPECT_EQ(rotation_->do_due(policy_), std::optional<milliseconds>{std::chrono::hours{24} - seconds{330}});
  EXPECT_EQ(publications_, 0);
}

TEST_F(KeyRotationTest, PublishesActivatesAndRemovesInTime) {
  const std::string first = active_kid();
  pass(std::chrono::hours{24} - seconds{330});
  EXPECT_EQ(rotation_->do_due(policy_), std::optional<milliseconds>{seconds{330}});
  EXPECT_EQ(published(), "active next ");
  EXPECT_EQ(active_kid(), first);
  pass(seconds{330});
  EXPECT_EQ(rotation_->do_due(policy_), std::optional<milliseconds>{seconds{660}});
  EXPECT_EQ(published(), "retired active ");
  EXPECT_NE(active_kid(), first);
  pass(seconds{660});
  EXPECT_TRUE(rotation_->do_due(policy_));
  EXPECT_EQ(published(), "active ");
  EXPECT_EQ(publications_, 3);
}

TEST_F(KeyRotationTest, StoresNothingThatCannotBePublished) {
  pass(std::chrono::hours{24});
  is_refusing_ = true;
  const int writes = keys_.writes;
  EXPECT_EQ(rotation_->do_due(policy_), std::optional<milliseconds>{seconds{10}});
  EXPECT_EQ(keys_.writes, writes);
  is_refusing_ = false;
  pass(seconds{4});
  EXPECT_EQ(rotation_->do_due(policy_), std::optional<milliseconds>{seconds{6}});
  EXPECT_EQ(publications_, 0);
  pass(seconds{6});
  EXPECT_EQ(rotation_->do_due(policy_), std::optional<milliseconds>{seconds{330}});
  EXPECT_EQ(published(), "active next ");
}

TEST_F(KeyRotationTest, PublishesNothingThatCannotBeStored) {
  pass(std::chrono::hours{24});
  keys_.is_broken = true;
  EXPECT_EQ(rotation_->do_due(policy_), std::optional<milliseconds>{seconds{10}});
  EXPECT_EQ(publications_, 0);
}

// A reload that fails after the keys were stored.
TEST_F(KeyRotationTest, PublishesWhatWasStoredForAReloadThatFailed) {
  KeyPolicy other = policy_;
  other.algorithm = SigningAlgorithm::eddsa;
  ASSERT_TRUE(rotation_->store(take_or_throw(rotation_->plan(other))));
  EXPECT_TRUE(rotation_->do_due(policy_));
  EXPECT_EQ(publications_, 1);
  EXPECT_EQ(published(), "active ");  // the other algorithm's key is not wanted after all
  EXPECT_TRUE(rotation_->do_due(policy_));
  EXPECT_EQ(publications_, 1);
}

TEST_F(KeyRotationTest, ShowsStatesAndWhenSomethingIsDue) {
  EXPECT_TRUE(rotation_->do_due(policy_));
  EXPECT_TRUE(shows(R"(certbound_token_keys{algorithm="ES256",state="active"} 1)")) << registry_.render_text();
  EXPECT_TRUE(shows(R"(certbound_token_keys{algorithm="ES256",state="next"} 0)"));
  EXPECT_TRUE(shows(due_line(std::chrono::hours{24} - seconds{330}))) << registry_.render_text();
  pass(std::chrono::hours{24} - seconds{330});
  EXPECT_TRUE(rotation_->do_due(policy_));
  EXPECT_TRUE(shows(R"(certbound_token_keys{algorithm="ES256",state="next"} 1)"));
  EXPECT_TRUE(shows(due_line(seconds{330})));
  policy_.seals = true;
  (void)rotate({{"now", true}});
  EXPECT_TRUE(shows(R"(certbound_token_keys{algorithm="ES256",state="retired"} 1)")) << registry_.render_text();
  EXPECT_TRUE(shows(R"(certbound_token_keys{algorithm="ES256",state="next"} 0)"));
  EXPECT_TRUE(shows(R"(certbound_token_keys{algorithm="A256GCM",state="active"} 1)"));
  EXPECT_TRUE(shows("certbound_token_key_change_failures_total 0"));
}

TEST_F(KeyRotationTest, ShowsThatNothingIsDueByItself) {
  policy_.rotation_interval = seconds{0};
  EXPECT_FALSE(rotation_->do_due(policy_));
  EXPECT_TRUE(shows("certbound_token_key_change_due_timestamp_seconds 0")) << registry_.render_text();
}

// Since when it is overdue stays to be seen, so that an alert can be made of it.
TEST_F(KeyRotationTest, CountsWhatWasDueAndCouldNotBeMade) {
  EXPECT_TRUE(rotation_->do_due(policy_));
  pass(std::chrono::hours{24});
  is_refusing_ = true;
  EXPECT_TRUE(rotation_->do_due(policy_));
  const std::string due = due_line(seconds{-330});
  EXPECT_TRUE(shows(due)) << registry_.render_text();
  EXPECT_TRUE(shows("certbound_token_key_change_failures_total 1"));
  pass(seconds{10});
  EXPECT_TRUE(rotation_->do_due(policy_));
  EXPECT_TRUE(shows(due)) << registry_.render_text();
  EXPECT_TRUE(shows("certbound_token_key_change_failures_total 2"));
  is_refusing_ = false;
  pass(seconds{10});
  EXPECT_TRUE(rotation_->do_due(policy_));
  EXPECT_TRUE(shows(due_line(seconds{330}))) << registry_.render_text();
}

TEST_F(KeyRotationTest, TellsOnceThatThereIsNoRoom) {
  for (std::size_t i = 1; i < kMostKeys; ++i) (void)rotate({{"now", true}});
  policy_.rotation_interval = seconds{400};
  pass(seconds{500});
  EXPECT_TRUE(rotation_->do_due(policy_));
  EXPECT_TRUE(shows("certbound_token_key_change_failures_total 1")) << registry_.render_text();
  pass(seconds{10});
  EXPECT_TRUE(rotation_->do_due(policy_));
  EXPECT_TRUE(shows("certbound_token_key_change_failures_total 1"));
}

TEST_F(KeyRotationTest, RotatesWhenItIsAsked) {
  pass(seconds{1});
  const std::string first = active_kid();
  const json answer = rotate();
  EXPECT_EQ(answer["state"], "next");
  EXPECT_EQ(answer["algorithm"], "ES256");
  EXPECT_EQ(answer["replaces"], first);
  EXPECT_EQ(answer["used_from"], to_rfc3339(test_now.wall + seconds{330}));
  EXPECT_FALSE(answer.contains("known_from"));
  EXPECT_EQ(published(), "active next ");
  EXPECT_EQ(rotate(), answer);  // asked again, nothing more is done
  pass(seconds{330});
  EXPECT_TRUE(rotation_->do_due(policy_));
  EXPECT_EQ(active_kid(), answer["kid"]);
}

TEST_F(KeyRotationTest, RotatesAtOnceAndSaysWhatThatMeans) {
  pass(seconds{1});
  const std::string first = active_kid();
  const json answer = rotate({{"now", true}});
  EXPECT_EQ(answer["state"], "active");
  EXPECT_EQ(answer["replaces"], first);
  EXPECT_EQ(answer["known_from"], to_rfc3339(test_now.wall + seconds{330}));
  EXPECT_EQ(active_kid(), answer["kid"]);
  EXPECT_EQ(published(), "retired active ");
}

TEST_F(KeyRotationTest, RefusesArgumentsThatItDoesNotKnow) {
  for (const json& arguments : {json{{"now", 1}}, json{{"now", "yes"}}, json{{"later", true}}}) {
    const auto refused = rotation_->rotate(policy_, arguments);
    ASSERT_FALSE(refused) << arguments;
    EXPECT_EQ(refused.error().code, ErrorCode::invalid_request);
  }
  EXPECT_EQ(publications_, 0);
}

TEST_F(KeyRotationTest, RefusesToMakeKeysWithoutEnd) {
  for (std::size_t i = 1; i < kMostKeys; ++i) (void)rotate({{"now", true}});
  const auto refused = rotation_->rotate(policy_, {{"now", true}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::invalid_request);
  EXPECT_EQ(published_.signing.size(), kMostKeys);
}

// Nothing of a private half may be shown.
TEST_F(KeyRotationTest, AnswersWithoutSecrets) {
  const json answer = rotate({{"now", true}});
  for (const auto& [name, value] : answer.items()) EXPECT_LT(value.get<std::string>().size(), 44U) << name;
}

TEST_F(KeyRotationTest, GoesOnWhereItsPredecessorStopped) {
  pass(seconds{1});
  const json answer = rotate();
  pass(seconds{400});
  begin();
  EXPECT_EQ(active_kid(), answer["kid"]);
  EXPECT_EQ(published(), "retired active ");
}

}  // namespace certbound::app
