#include "net/unix_listener.hpp"

#include <fstream>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "unit/net/loopback.hpp"
#include "unit/store/temporary_folder.hpp"

namespace certbound::net {

namespace {

class UnixListenerTest : public testing::Test {
 protected:
  [[nodiscard]] unsigned mode() const {
    struct stat status {};
    return ::lstat(path_.c_str(), &status) == 0 ? status.st_mode & 07777U : 0;
  }
  /// A connection of a client; below 0 where nobody listens.
  [[nodiscard]] int connect() const {
    ::sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.string().copy(static_cast<char*>(address.sun_path), sizeof address.sun_path - 1);
    const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::connect(descriptor, reinterpret_cast<const ::sockaddr*>(&address), sizeof address) == 0) return descriptor;
    ::close(descriptor);
    return -1;
  }

  store::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path() / "verify.sock";
};

}  // namespace

TEST_F(UnixListenerTest, HasItsModeWhateverTheUmaskSays) {
  const ::mode_t before = ::umask(0077);
  for (const unsigned wanted : {0600U, 0660U, 0666U}) {
    const auto socket = bind_unix_listener(path_, wanted);
    ASSERT_TRUE(socket) << socket.error().detail;
    EXPECT_EQ(socket->address(), "unix:" + path_.string());
    EXPECT_EQ(mode(), wanted);
    remove_unix_listener(path_);
  }
  EXPECT_EQ(::umask(before), 0077U);
}

TEST_F(UnixListenerTest, ReplacesOnlyWhatNobodyListensAt) {
  {
    const auto first = bind_unix_listener(path_, 0600);
    ASSERT_TRUE(first);
    const auto second = bind_unix_listener(path_, 0600);
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().detail.find("somebody does already"), std::string::npos);
  }
  EXPECT_TRUE(std::filesystem::exists(path_));
  EXPECT_TRUE(bind_unix_listener(path_, 0600));
}

TEST_F(UnixListenerTest, TouchesNothingElse) {
  std::ofstream{path_} << "precious";
  EXPECT_FALSE(bind_unix_listener(path_, 0600));
  remove_unix_listener(path_);
  EXPECT_TRUE(std::filesystem::is_regular_file(path_));
  EXPECT_FALSE(bind_unix_listener(folder_.path() / "missing" / "a.sock", 0600));
  EXPECT_FALSE(bind_unix_listener(folder_.path() / std::string(120, 'x'), 0600));
}

TEST_F(UnixListenerTest, IsServedByEveryWorkerThatSharesIt) {
  metrics::Registry registry;
  const SessionMetrics metrics{registry};
  EchoHandler handler;
  auto socket = bind_unix_listener(path_, 0600);
  ASSERT_TRUE(socket);
  auto copy = socket->duplicate();
  ASSERT_TRUE(copy);
  Worker first{Limits{}, metrics};
  Worker second{Limits{}, metrics};
  first.add_listener(*std::move(socket), nullptr, handler, Audience::clients);
  second.add_listener(*std::move(copy), nullptr, handler, Audience::clients);
  const auto fail = [](const std::string& detail) { ADD_FAILURE() << detail; };
  first.start(fail);
  second.start(fail);
  for (int i = 0; i < 20; ++i) {
    const int descriptor = connect();
    ASSERT_GE(descriptor, 0);
    const std::string request = "GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    ASSERT_EQ(::send(descriptor, request.data(), request.size(), MSG_NOSIGNAL), static_cast<ssize_t>(request.size()));
    std::string answer;
    char buffer[1024];
    for (ssize_t count = 1; count > 0;) {
      count = ::recv(descriptor, buffer, sizeof buffer, 0);
      if (count > 0) answer.append(buffer, static_cast<std::size_t>(count));
    }
    ::close(descriptor);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 ")) << answer;
  }
}

}  // namespace certbound::net
