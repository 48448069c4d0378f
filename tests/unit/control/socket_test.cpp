#include "control/socket.hpp"

#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "unit/store/temporary_folder.hpp"

namespace certbound::control {

namespace {

using namespace std::chrono_literals;

mode_t mode_of(const std::filesystem::path& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 ? status.st_mode : 0;
}

class ControlSocket : public testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path path() const { return folder_.path() / kSocketName; }
  store::TemporaryFolder folder_;
};

}  // namespace

TEST_F(ControlSocket, IsForItsUserOnlyWhateverTheUmaskSays) {
  const mode_t before = ::umask(0);
  const auto opened = open_control_socket(folder_.path());
  const mode_t after = ::umask(before);

  ASSERT_TRUE(opened) << opened.error().detail;
  EXPECT_EQ(mode_of(path()), S_IFSOCK | 0600U);
  EXPECT_EQ(after, 0U);
  EXPECT_TRUE(connect_control_socket(folder_.path(), 1s));
}

TEST_F(ControlSocket, TakesThePlaceOfADeadDaemonsSocket) {
  { ASSERT_TRUE(open_control_socket(folder_.path())); }  // closed, and its file stays
  ASSERT_TRUE(S_ISSOCK(mode_of(path())));
  const auto dead = connect_control_socket(folder_.path(), 1s);
  ASSERT_FALSE(dead);
  EXPECT_NE(dead.error().detail.find("no server runs there"), std::string::npos) << dead.error().detail;

  const auto opened = open_control_socket(folder_.path());
  ASSERT_TRUE(opened) << opened.error().detail;
  EXPECT_TRUE(connect_control_socket(folder_.path(), 1s));
}

TEST_F(ControlSocket, LeavesAloneWhatIsNoSocket) {
  std::ofstream{path()} << "mine";
  const auto opened = open_control_socket(folder_.path());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::invalid_request);
  EXPECT_TRUE(S_ISREG(mode_of(path())));
}

TEST_F(ControlSocket, SaysThatNoServerRuns) {
  const auto connected = connect_control_socket(folder_.path(), 1s);
  ASSERT_FALSE(connected);
  EXPECT_NE(connected.error().detail.find("no server runs there"), std::string::npos) << connected.error().detail;
}

// An address of the kernel has 107 characters.
TEST_F(ControlSocket, WorksInADirectoryOfALongName) {
  const std::filesystem::path deep = folder_.path() / std::string(90, 'a') / std::string(90, 'b');
  std::filesystem::create_directories(deep);
  const auto opened = open_control_socket(deep);
  ASSERT_TRUE(opened) << opened.error().detail;
  EXPECT_TRUE(S_ISSOCK(mode_of(deep / kSocketName)));
  EXPECT_TRUE(connect_control_socket(deep, 1s));
}

TEST_F(ControlSocket, KnowsItsPeer) {
  const auto opened = open_control_socket(folder_.path());
  ASSERT_TRUE(opened);
  const auto connected = connect_control_socket(folder_.path(), 1s);
  ASSERT_TRUE(connected);
  const auto peer = find_peer(connected->value());
  ASSERT_TRUE(peer);
  EXPECT_EQ(peer->user, ::geteuid());
  EXPECT_EQ(peer->process, ::getpid());
  EXPECT_FALSE(find_peer(-1));
}

TEST(IsPermittedPeer, IsTheDaemonsUserOrRoot) {
  EXPECT_TRUE(is_permitted_peer(1000, 1000));
  EXPECT_TRUE(is_permitted_peer(0, 1000));
  EXPECT_FALSE(is_permitted_peer(1001, 1000));
  EXPECT_FALSE(is_permitted_peer(1000, 0));
}

}  // namespace certbound::control
