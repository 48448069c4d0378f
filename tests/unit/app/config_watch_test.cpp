#include "app/config_watch.hpp"

#include <csignal>
#include <fstream>
#include <functional>

#include <gmock/gmock.h>

#include "unit/store/temporary_folder.hpp"

namespace certbound::app {

namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;

constexpr FileWatch::FileTime kNeverBefore = FileWatch::FileTime::max();
/// More than Debounce::kMost: what is not due by then will not be.
constexpr milliseconds kPatience{20000};

MainLoop make_main_loop() {
  sigset_t none;
  sigemptyset(&none);
  auto loop = MainLoop::make(none);
  if (!loop) throw std::runtime_error{loop.error().detail};
  return *std::move(loop);
}

class ConfigWatchTest : public testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path at(const std::string& name) const { return folder_.path() / name; }
  void write(const std::string& name) const { std::ofstream{at(name)} << name; }
  [[nodiscard]] config::NamedFiles naming(const std::vector<std::string>& names) const {
    config::NamedFiles named;
    for (const std::string& name : names) named.files.push_back(at(name));
    return named;
  }
  [[nodiscard]] double directories() {
    return registry_
        .gauge("certbound_watched_directories",
               "Directories in which changes of the configuration's files are heard (watch: true)")
        .value();
  }

  /// Takes the steps, each when the change before it was due; returns what was due, `nothing` where the time is up.
  std::vector<std::string> run(const std::vector<std::function<void()>>& steps) {
    std::vector<std::string> due;
    const auto end = std::chrono::steady_clock::now() + kPatience;
    steps.front()();
    const auto look = [&] {
      if (auto changed = watch_.take_due()) {
        due.push_back(*std::move(changed));
        if (due.size() == steps.size()) {
          loop_.stop();
        } else {
          steps[due.size()]();
        }
      }
      if (std::chrono::steady_clock::now() > end) {
        due.emplace_back("nothing");
        loop_.stop();
      }
      return watch_.until_due().value_or(milliseconds{100});
    };
    loop_.run([](int) {}, look);
    return due;
  }

  store::TemporaryFolder folder_;
  metrics::Registry registry_;
  MainLoop loop_ = make_main_loop();
  ConfigWatch watch_{loop_, registry_};
};

}  // namespace

TEST_F(ConfigWatchTest, SaysTheFirstOfTheChangesWhenTheyHaveComeToRest) {
  write("a");
  write("b");
  watch_.follow(naming({"a", "b"}), kNeverBefore);
  EXPECT_GE(directories(), 2);
  const auto begin = std::chrono::steady_clock::now();
  const auto due = run({[this] {
                          write("a");
                          write("b");
                        },
                        [this] { write("b"); }});
  EXPECT_THAT(due, ElementsAre(at("a").string(), at("b").string()));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 2 * Debounce::kQuiet);
}

// What was heard before the files are read is read.
TEST_F(ConfigWatchTest, SettlesWhatWasHeardWhenReadingBegins) {
  write("a");
  write("b");
  watch_.follow(naming({"a", "b"}), kNeverBefore);
  write("a");
  (void)watch_.begin();
  EXPECT_THAT(run({[this] { write("b"); }}), ElementsAre(at("b").string()));
}

TEST_F(ConfigWatchTest, HearsOfWhatWasRefusedUntilSomethingIsAccepted) {
  watch_.follow(naming({"a"}), kNeverBefore);
  watch_.follow_also(naming({"b"}), kNeverBefore);
  watch_.follow_also({}, kNeverBefore);  // it could not even be read
  const auto accept_a = [this] {
    watch_.follow(naming({"a"}), kNeverBefore);
    write("b");
    write("a");
  };
  EXPECT_THAT(run({[this] { write("b"); }, accept_a}), ElementsAre(at("b").string(), at("a").string()));
}

// Between the moment at which it was read and the one from which it is watched.
TEST_F(ConfigWatchTest, NoticesAFileThatChangedWhileItWasRead) {
  const FileWatch::FileTime since = watch_.begin();
  write("a");
  watch_.follow(naming({"a"}), since);
  EXPECT_THAT(run({[] {}}), ElementsAre(at("a").string()));
}

TEST_F(ConfigWatchTest, WatchesNothingWhereNothingIsNamed) {
  watch_.follow_also(naming({"a"}), kNeverBefore);
  EXPECT_EQ(directories(), 0);
  watch_.follow(naming({"a"}), kNeverBefore);
  write("a");
  watch_.follow({}, kNeverBefore);
  EXPECT_EQ(directories(), 0);
  EXPECT_FALSE(watch_.until_due());
  EXPECT_FALSE(watch_.take_due());
}

}  // namespace certbound::app
