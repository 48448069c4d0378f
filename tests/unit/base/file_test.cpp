#include "base/file.hpp"

#include <cerrno>
#include <filesystem>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace certbound {

/// The contract is about files, so these tests have a folder of their own and leave nothing behind.
class FileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "certbound-file-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::filesystem::path path(const char* name) const { return folder_ / name; }

 private:
  std::filesystem::path folder_;
};

namespace {

unsigned mode_of(const std::filesystem::path& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0);
  return status.st_mode & 07777U;
}

}  // namespace

TEST_F(FileTest, LoadsWhatCreateWrote) {
  std::string content{"a\0b\nc", 5};
  content += std::string(200'000, 'x') + '\0';
  ASSERT_TRUE(create_file(path("f"), content, 0644));
  const auto loaded = load_file(path("f"));
  ASSERT_TRUE(loaded) << loaded.error().detail;
  EXPECT_EQ(*loaded, content);
}

TEST_F(FileTest, LoadsAnEmptyFile) {
  ASSERT_TRUE(create_file(path("f"), "", 0644));
  const auto loaded = load_file(path("f"));
  ASSERT_TRUE(loaded);
  EXPECT_EQ(*loaded, "");
}

TEST_F(FileTest, CreatesASecretForItsOwnerOnly) {
  ASSERT_TRUE(create_file(path("secret"), "s", 0600));
  EXPECT_EQ(mode_of(path("secret")), 0600U);
}

TEST_F(FileTest, RefusesToOverwrite) {
  ASSERT_TRUE(create_file(path("f"), "old", 0644));
  const auto created = create_file(path("f"), "new", 0644);
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().code, ErrorCode::invalid_request);
  EXPECT_EQ(created.error().detail, path("f").string() + ": cannot create: File exists");
  EXPECT_EQ(*load_file(path("f")), "old");
}

// A link that somebody laid in the way must not be written through.
TEST_F(FileTest, DoesNotCreateThroughALink) {
  std::filesystem::create_symlink(path("target"), path("link"));
  EXPECT_FALSE(create_file(path("link"), "x", 0600));
  EXPECT_FALSE(std::filesystem::exists(path("target")));
}

TEST_F(FileTest, NamesTheFileThatIsMissing) {
  const auto loaded = load_file(path("missing"));
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, ErrorCode::invalid_request);
  EXPECT_EQ(loaded.error().detail, path("missing").string() + ": cannot open: No such file or directory");
}

TEST_F(FileTest, RefusesAFolder) {
  const auto loaded = load_file(path(""));
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().detail, path("").string() + ": not a regular file");
}

// A FIFO without a writer would block for ever.
TEST_F(FileTest, RefusesAFifoWithoutWaiting) {
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
  const auto loaded = load_file(path("fifo"));
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().detail, path("fifo").string() + ": not a regular file");
}

TEST_F(FileTest, HoldsToItsLimit) {
  ASSERT_TRUE(create_file(path("f"), std::string(100, 'x'), 0644));
  EXPECT_TRUE(load_file(path("f"), 100));
  const auto loaded = load_file(path("f"), 99);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().detail, path("f").string() + ": larger than 99 octets");
}

TEST_F(FileTest, ReplacesTheWholeContent) {
  ASSERT_TRUE(replace_file(path("a"), {"first ", "and more"}, 0600));
  ASSERT_TRUE(replace_file(path("a"), {"second"}, 0600));
  EXPECT_EQ(*load_file(path("a")), "second");
  struct stat status {};
  ASSERT_EQ(::stat(path("a").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
  EXPECT_FALSE(std::filesystem::exists(path("a.tmp")));
}

// What a process that was killed left behind.
TEST_F(FileTest, ReplacesWhereSomethingIsInTheWay) {
  ASSERT_TRUE(create_file(path("a.tmp"), "half", 0644));
  ASSERT_TRUE(replace_file(path("a"), {"whole"}, 0600));
  EXPECT_EQ(*load_file(path("a")), "whole");
}

TEST_F(FileTest, DoesNotReplaceThroughALink) {
  ASSERT_TRUE(create_file(path("target"), "other", 0600));
  std::filesystem::create_symlink(path("target"), path("a.tmp"));
  ASSERT_TRUE(replace_file(path("a"), {"mine"}, 0600));
  EXPECT_EQ(*load_file(path("target")), "other");
}

TEST_F(FileTest, KeepsTheOldContentWhereItCannotReplace) {
  const auto replaced = replace_file(path("gone") / "a", {"x"}, 0600);
  ASSERT_FALSE(replaced);
  EXPECT_NE(replaced.error().detail.find("cannot create"), std::string::npos);
}

TEST(SystemErrorText, IsThatOfTheSystem) {
  EXPECT_EQ(system_error_text(ENOENT), "No such file or directory");
  EXPECT_EQ(system_error_text(EACCES), "Permission denied");
}

}  // namespace certbound
