#include "app/file_watch.hpp"

#include <fstream>
#include <poll.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include <gmock/gmock.h>

#include "unit/store/temporary_folder.hpp"

namespace certbound::app {

namespace {

using std::filesystem::create_directories;
using std::filesystem::create_symlink;
using std::filesystem::path;
using std::filesystem::rename;

/// After every time that a file has.
constexpr FileWatch::FileTime kNever = FileWatch::FileTime::max();

class FileWatchTest : public testing::Test {
 protected:
  [[nodiscard]] path at(const std::string& name) const { return folder_.path() / name; }
  void write(const std::string& name, const std::string& text = "x") const {
    create_directories(at(name).parent_path());
    std::ofstream{at(name)} << text;
  }
  FileWatch::Armed arm(const std::string& file, FileWatch::FileTime since = kNever) {
    config::NamedFiles named;
    named.files = {at(file)};
    auto armed = watch_.arm(find_watch_points({&named}), since);
    if (!armed) throw std::runtime_error{armed.error().detail};
    return *std::move(armed);
  }
  [[nodiscard]] FileWatch::FileTime changed_at(const std::string& name) const {
    struct stat status {};
    if (::lstat(at(name).c_str(), &status) != 0) throw std::runtime_error{"lstat " + name};
    return std::chrono::seconds{status.st_ctim.tv_sec} + std::chrono::nanoseconds{status.st_ctim.tv_nsec};
  }
  /// The kernel queues an event before the call that causes it returns, so nothing has to be waited for.
  std::string heard() { return watch_.take_change().value_or("nothing"); }

  store::TemporaryFolder folder_;
  FileWatch watch_;
};

}  // namespace

TEST_F(FileWatchTest, HearsWhatIsWrittenInPlace) {
  write("server.crt");
  arm("server.crt");
  EXPECT_EQ(heard(), "nothing");
  std::ofstream file{at("server.crt")};
  file << "half" << std::flush;
  EXPECT_EQ(heard(), "nothing") << "who writes is not done";
  file.close();
  EXPECT_EQ(heard(), at("server.crt"));
  EXPECT_EQ(heard(), "nothing");
}

TEST_F(FileWatchTest, HearsWhatIsRenamedIntoPlaceAndWhatIsDeleted) {
  write("server.crt");
  write("new");
  arm("server.crt");
  rename(at("new"), at("server.crt"));
  EXPECT_EQ(heard(), at("server.crt"));
  std::filesystem::remove(at("server.crt"));
  EXPECT_EQ(heard(), at("server.crt"));
}

// A key that others could read is mended without being written.
TEST_F(FileWatchTest, HearsAChangeOfMode) {
  write("server.key");
  arm("server.key");
  ASSERT_EQ(::chmod(at("server.key").c_str(), 0600), 0);
  EXPECT_EQ(heard(), at("server.key"));
}

// The database may lie beside the configuration.
TEST_F(FileWatchTest, DoesNotHearWhatElseHappensInADirectory) {
  write("server.crt");
  arm("server.crt");
  write("certbound.db");
  write("server.crt.tmp");
  std::filesystem::remove(at("certbound.db"));
  EXPECT_EQ(heard(), "nothing");
}

TEST_F(FileWatchTest, DoesNotHearThatAFileIsRead) {
  write("server.crt");
  arm("server.crt");
  std::string text;
  std::ifstream{at("server.crt")} >> text;
  ASSERT_EQ(text, "x");
  EXPECT_EQ(heard(), "nothing");
}

TEST_F(FileWatchTest, HearsALinkThatIsExchangedAndFollowsItThen) {
  write("..1/server.crt");
  write("..2/server.crt");
  create_symlink("..1", at("..data"));
  create_symlink("..data/server.crt", at("server.crt"));
  arm("server.crt");
  create_symlink("..2", at("..data_tmp"));
  rename(at("..data_tmp"), at("..data"));
  EXPECT_EQ(heard(), at("..data"));
  arm("server.crt");
  write("..2/server.crt", "y");
  EXPECT_EQ(heard(), at("..2/server.crt"));
  write("..1/server.crt", "y");
  EXPECT_EQ(heard(), "nothing") << "nobody reads that any more";
}

TEST_F(FileWatchTest, HearsADirectoryThatGoesAndComesBack) {
  write("tls/server.crt");
  arm("tls/server.crt");
  std::filesystem::remove_all(at("tls"));
  EXPECT_NE(heard(), "nothing");
  arm("tls/server.crt");
  EXPECT_EQ(heard(), "nothing");
  write("tls/server.crt");
  EXPECT_EQ(heard(), at("tls"));
  arm("tls/server.crt");
  write("tls/server.crt", "y");
  EXPECT_EQ(heard(), at("tls/server.crt"));
}

TEST_F(FileWatchTest, HearsADirectoryThatIsReplacedByAnotherOfItsName) {
  write("tls/server.crt");
  write("tls.new/server.crt");
  arm("tls/server.crt");
  rename(at("tls"), at("tls.old"));
  rename(at("tls.new"), at("tls"));
  EXPECT_EQ(heard(), at("tls"));
  arm("tls/server.crt");
  EXPECT_EQ(heard(), "nothing");
  write("tls.old/server.crt", "y");
  EXPECT_EQ(heard(), "nothing");
  write("tls/server.crt", "y");
  EXPECT_EQ(heard(), at("tls/server.crt"));
}

// A file that nobody listened to while it was read.
TEST_F(FileWatchTest, LooksUpWhatANewPointWentThrough) {
  write("server.crt");
  const FileWatch::FileTime before{0};
  EXPECT_EQ(arm("server.crt", before).changed, at("server.crt"));
  EXPECT_EQ(arm("server.crt", before).changed, std::nullopt) << "it is not new any more: its changes are heard";
  watch_.stop();
  EXPECT_EQ(arm("server.crt", kNever).changed, std::nullopt);
}

// With `mv` while nobody listened: the directory has a new place, its files and its content have their old times.
TEST_F(FileWatchTest, LooksUpThatADirectoryWasRenamedIntoPlace) {
  write("old/server.crt");
  // That clock goes in steps, and a file may be stamped ahead of it: of what follows all times are later.
  while (FileWatch::file_now() <= changed_at("old/server.crt")) std::this_thread::yield();
  const FileWatch::FileTime since = FileWatch::file_now();
  rename(at("old"), at("tls"));
  EXPECT_EQ(arm("tls/server.crt", since).changed, at("tls"));
  watch_.stop();
  write("tls/another.crt");
  EXPECT_EQ(arm("tls/server.crt", since).changed, std::nullopt) << "what it holds changed, not where it is";
}

TEST_F(FileWatchTest, IsReadableWhenThereIsSomethingToHear) {
  EXPECT_EQ(watch_.descriptor(), -1);
  write("server.crt");
  EXPECT_GE(arm("server.crt").watched, 2U);
  pollfd waited{watch_.descriptor(), POLLIN, 0};
  // Not that it is silent before: what others do in the directories above wakes it too, and counts for nothing.
  EXPECT_EQ(heard(), "nothing");
  write("server.crt");
  EXPECT_EQ(::poll(&waited, 1, 0), 1);
  EXPECT_EQ(heard(), at("server.crt"));
  watch_.stop();
  EXPECT_EQ(watch_.descriptor(), -1);
}

TEST_F(FileWatchTest, TakesEventsThatWereLostForAChange) {
  write("server.crt");
  arm("server.crt");
  std::ifstream limit{"/proc/sys/fs/inotify/max_queued_events"};
  int most = 0;
  ASSERT_TRUE(limit >> most);
  // Of a file that is no point; the kernel joins equal events, so two names take turns.
  write("a");
  for (int i = 0; i <= most / 2; ++i) {
    rename(at("a"), at("b"));
    rename(at("b"), at("a"));
  }
  EXPECT_EQ(heard(), "(events were lost)");
  EXPECT_EQ(heard(), "nothing");
}

}  // namespace certbound::app
