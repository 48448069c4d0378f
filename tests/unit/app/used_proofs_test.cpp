#include "app/used_proofs.hpp"

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "base/file.hpp"
#include "support/pki.hpp"
#include "unit/store/coroutine_runner.hpp"
#include "unit/store/temporary_folder.hpp"

namespace certbound::app {

namespace {

using oauth::Spent;
using std::chrono::seconds;

}  // namespace

/// One process after the other on a state directory; the clock is the test's.
class UsedProofsTest : public testing::Test {
 protected:
  void start() {
    registry_ = std::make_unique<metrics::Registry>();
    auto opened = UsedProofs::open(folder_.path(), 1000, *registry_, now_, history_);
    ASSERT_TRUE(opened) << opened.error().detail;
    used_ = *std::move(opened);
  }
  void end_in_order() {
    used_->close({});
    used_.reset();
  }
  void crash() { used_.reset(); }

  /// A value that was made `age` ago.
  [[nodiscard]] Spent spend(const std::string& jti, seconds age = seconds{0}) {
    oauth::SingleUse use;
    use.key = crypto::sha256(jti);
    use.issued_at = now_ - age;
    use.until = use.issued_at + seconds{60};
    boost::asio::io_context context{1};
    std::optional<Spent> spent;
    store::start_task(context, used_->tools().replays.spend(use, now_), spent);
    context.run();
    return spent.value();
  }
  [[nodiscard]] std::filesystem::path file() const { return folder_.path() / "replays"; }
  [[nodiscard]] std::string content() const {
    const auto text = load_file(file(), 1000);
    return text ? *text : "(" + text.error().detail + ")";
  }

  store::TemporaryFolder folder_;
  std::unique_ptr<metrics::Registry> registry_;
  WallTime now_ = test::kNow;
  UsedProofs::History history_ = UsedProofs::History::none;
  std::unique_ptr<UsedProofs> used_;
};

TEST_F(UsedProofsTest, AFreshServerTakesWhateverIsValid) {
  start();
  EXPECT_EQ(spend("a", seconds{50}), Spent::first);
  EXPECT_EQ(spend("b", -seconds{10}), Spent::first);
  EXPECT_EQ(spend("a", seconds{50}), Spent::replay);
  EXPECT_EQ(content(), "running\n");
  EXPECT_EQ(std::filesystem::status(file()).permissions(), std::filesystem::perms{0600});
}

// Nothing that was taken is taken again, and what is made after it works at once.
TEST_F(UsedProofsTest, AnOrderlyRestartRefusesWhatMayHaveBeenUsed) {
  start();
  EXPECT_EQ(spend("a", seconds{5}), Spent::first);
  end_in_order();
  EXPECT_EQ(content(), std::to_string(unix_seconds(now_ - seconds{5})) + "\n");
  now_ += seconds{1};
  start();
  EXPECT_EQ(content(), "running\n");
  EXPECT_EQ(spend("a", seconds{6}), Spent::before_start);
  EXPECT_EQ(spend("older", seconds{30}), Spent::before_start);
  EXPECT_EQ(spend("new"), Spent::first);
  EXPECT_EQ(spend("made before the end, after the last", seconds{5}), Spent::first);
}

// A value that is ahead of the clock when it is taken stays refused as long as it could come again.
TEST_F(UsedProofsTest, AnOrderlyRestartRemembersAClockThatIsAhead) {
  start();
  EXPECT_EQ(spend("a", -seconds{10}), Spent::first);
  end_in_order();
  start();
  EXPECT_EQ(spend("a", -seconds{10}), Spent::unknown);
  now_ += seconds{11};
  EXPECT_EQ(spend("a", seconds{1}), Spent::before_start);
  EXPECT_EQ(spend("b"), Spent::first);
}

TEST_F(UsedProofsTest, ARestartWithoutARequestLosesNothing) {
  start();
  EXPECT_EQ(spend("a", seconds{5}), Spent::first);
  for (int i = 0; i < 3; ++i) {
    end_in_order();
    start();
  }
  EXPECT_EQ(spend("a", seconds{5}), Spent::before_start);
  EXPECT_EQ(spend("b"), Spent::first);
}

// Which ones were taken is not known: none for as long as one of them could be valid and newer than all that is made
// now.
TEST_F(UsedProofsTest, ACrashStopsEverythingForTenSeconds) {
  start();
  EXPECT_EQ(spend("a", -seconds{10}), Spent::first);
  crash();
  start();
  EXPECT_EQ(spend("a", -seconds{10}), Spent::unknown);
  EXPECT_EQ(spend("b"), Spent::unknown);
  now_ += seconds{10};
  EXPECT_EQ(spend("b"), Spent::unknown);
  now_ += seconds{1};
  EXPECT_EQ(spend("a", seconds{1}), Spent::before_start);
  EXPECT_EQ(spend("b"), Spent::first);
}

// The second start after a crash knows no more than the first.
TEST_F(UsedProofsTest, ACrashIsNotForgottenByTheNextStart) {
  start();
  EXPECT_EQ(spend("a", -seconds{10}), Spent::first);
  crash();
  start();
  end_in_order();
  start();
  EXPECT_EQ(spend("a", -seconds{10}), Spent::unknown);
  now_ += seconds{11};
  EXPECT_EQ(spend("a", seconds{1}), Spent::before_start);
}

TEST_F(UsedProofsTest, ADamagedFileIsACrash) {
  const std::string time = std::to_string(unix_seconds(now_ - seconds{100}));
  for (const std::string& text :
       {std::string{}, std::string{"\n"}, time, time + "x\n", time + "\n\n", std::string{"-"}, std::string{"yes\n"}}) {
    std::ofstream{file(), std::ios::trunc} << text;
    start();
    EXPECT_EQ(spend("a"), Spent::unknown) << text;
    crash();
  }
}

// A restored database without the note: nobody knows what was taken before.
TEST_F(UsedProofsTest, ALostNoteIsLikeACrash) {
  history_ = UsedProofs::History::some;
  start();
  EXPECT_EQ(used_->accepted_after(), now_ + seconds{10});
  EXPECT_EQ(spend("a"), Spent::unknown);
  now_ += seconds{11};
  EXPECT_EQ(spend("a"), Spent::first);
}

// One note for both: proofs that verifiers took are older than what the next process takes.
TEST_F(UsedProofsTest, NotesWhatVerifiersTook) {
  start();
  EXPECT_EQ(used_->accepted_after(), WallTime{});
  EXPECT_EQ(spend("a", seconds{5}), Spent::first);
  used_->close(now_ + seconds{7});
  used_.reset();
  start();
  EXPECT_EQ(used_->accepted_after(), now_ + seconds{7});
  end_in_order();
  start();
  EXPECT_EQ(used_->accepted_after(), now_ + seconds{7});
}

// A file that is no note of ours is not overwritten, and one that cannot be read does not count as none.
TEST_F(UsedProofsTest, WhatCannotBeReadStopsTheStart) {
  std::ofstream{file()} << std::string(1000, '1');
  metrics::Registry registry;
  EXPECT_FALSE(UsedProofs::open(folder_.path(), 1000, registry, now_, UsedProofs::History::none));
  EXPECT_EQ(content(), std::string(1000, '1'));
  std::filesystem::remove(file());
  std::filesystem::create_directory(file());
  EXPECT_FALSE(UsedProofs::open(folder_.path(), 1000, registry, now_, UsedProofs::History::none));
  EXPECT_FALSE(UsedProofs::open(folder_.path() / "absent", 1000, registry, now_, UsedProofs::History::none));
}

// The process before had a clock that was wrong: what it took is refused until it cannot come again, however long that
// is; the log says until when, and what an operator may do.
TEST_F(UsedProofsTest, AClockThatWasAheadForgetsNothing) {
  const WallTime right = now_;
  now_ += std::chrono::hours{1};
  start();
  EXPECT_EQ(spend("a"), Spent::first);
  end_in_order();
  now_ = right;
  start();
  EXPECT_EQ(spend("b"), Spent::unknown);
  now_ += std::chrono::hours{1} + seconds{1};
  EXPECT_EQ(spend("a", seconds{1}), Spent::before_start);
  EXPECT_EQ(spend("b"), Spent::first);
}

// Nonces are the process's own: a client gets another one.
TEST_F(UsedProofsTest, ANonceEndsWithItsProcess) {
  start();
  const auto nonce = used_->tools().nonces.issue(now_);
  ASSERT_TRUE(nonce);
  EXPECT_TRUE(used_->tools().nonces.accepts(*nonce, now_));
  end_in_order();
  start();
  EXPECT_FALSE(used_->tools().nonces.accepts(*nonce, now_));
}

}  // namespace certbound::app
