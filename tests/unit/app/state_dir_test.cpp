#include "app/state_dir.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "unit/store/temporary_folder.hpp"

namespace certbound::app {

namespace {

std::filesystem::perms mode_of(const std::filesystem::path& path) {
  return std::filesystem::status(path).permissions();
}

}  // namespace

TEST(PrepareStateDir, MakesADirectoryThatOnlyItsOwnerUses) {
  const store::TemporaryFolder folder;
  const auto directory = folder.path() / "state";
  ASSERT_TRUE(prepare_state_dir(directory));
  EXPECT_EQ(mode_of(directory), std::filesystem::perms{0700});
  EXPECT_TRUE(prepare_state_dir(directory));  // and takes it as it is the next time
}

TEST(PrepareStateDir, AcceptsOneThatOthersMayRead) {
  const store::TemporaryFolder folder;
  std::filesystem::permissions(folder.path(), std::filesystem::perms{0755});
  EXPECT_TRUE(prepare_state_dir(folder.path()));
  EXPECT_EQ(mode_of(folder.path()), std::filesystem::perms{0755});
}

// It holds signing keys.
TEST(PrepareStateDir, RefusesOneThatOthersMayWriteTo) {
  const store::TemporaryFolder folder;
  for (const unsigned mode : {0770U, 0707U, 01777U}) {
    std::filesystem::permissions(folder.path(), std::filesystem::perms{mode});
    const auto prepared = prepare_state_dir(folder.path());
    ASSERT_FALSE(prepared) << mode;
    EXPECT_EQ(prepared.error().code, ErrorCode::invalid_request);
    EXPECT_NE(prepared.error().detail.find("others may write"), std::string::npos) << prepared.error().detail;
  }
}

TEST(PrepareStateDir, RefusesWhatIsNoDirectory) {
  const store::TemporaryFolder folder;
  std::ofstream{folder.path() / "file"} << "x";
  const auto on_file = prepare_state_dir(folder.path() / "file");
  ASSERT_FALSE(on_file);
  EXPECT_NE(on_file.error().detail.find("not a directory"), std::string::npos) << on_file.error().detail;
  const auto without_parent = prepare_state_dir(folder.path() / "a" / "b");
  ASSERT_FALSE(without_parent);
  EXPECT_NE(without_parent.error().detail.find("cannot make it"), std::string::npos);
}

TEST(StateDirLock, IsHeldByOneUntilItIsGivenBack) {
  const store::TemporaryFolder folder;
  {
    const auto held = StateDirLock::acquire(folder.path());
    ASSERT_TRUE(held) << held.error().detail;
    const auto second = StateDirLock::acquire(folder.path());
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().detail,
              "state_dir " + folder.path().string() + ": another certbound uses it; give each its own");
  }
  EXPECT_TRUE(StateDirLock::acquire(folder.path()));
}

TEST(StateDirLock, SaysWhyItCannotBeTaken) {
  const store::TemporaryFolder folder;
  const auto acquired = StateDirLock::acquire(folder.path() / "missing");
  ASSERT_FALSE(acquired);
  EXPECT_NE(acquired.error().detail.find("No such file"), std::string::npos);
}

}  // namespace certbound::app
