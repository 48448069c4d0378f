#include "app/sd_notify.hpp"

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "unit/store/temporary_folder.hpp"

namespace certbound::app {

namespace {

/// What systemd listens on: a datagram socket by path, or by a name in the abstract namespace, written with @.
class NotifySocket {
 public:
  explicit NotifySocket(const std::string& name)
      : descriptor_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)} {
    ::sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (address.sun_path[0] == '@') address.sun_path[0] = '\0';
    const auto size = static_cast<::socklen_t>(offsetof(::sockaddr_un, sun_path) + name.size());
    EXPECT_EQ(::bind(descriptor_, reinterpret_cast<const ::sockaddr*>(&address), size), 0) << std::strerror(errno);
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
  }
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;
  ~NotifySocket() {
    ::unsetenv("NOTIFY_SOCKET");
    ::close(descriptor_);
  }

  /// The next datagram, or "(none)".
  [[nodiscard]] std::string read() const {
    char text[256];
    const ssize_t size = ::recv(descriptor_, text, sizeof text, 0);
    return size < 0 ? "(none)" : std::string{text, static_cast<std::size_t>(size)};
  }

 private:
  int descriptor_;
};

}  // namespace

TEST(SdNotify, DoesNothingWithoutASocket) {
  ::unsetenv("NOTIFY_SOCKET");
  EXPECT_TRUE(sd_notify("READY=1"));
  ::setenv("NOTIFY_SOCKET", "", 1);
  EXPECT_TRUE(sd_notify("READY=1"));
  ::unsetenv("NOTIFY_SOCKET");
}

TEST(SdNotify, SendsOneDatagramToAPath) {
  const store::TemporaryFolder folder;
  const NotifySocket socket{(folder.path() / "notify").string()};
  EXPECT_TRUE(sd_notify("READY=1\nSTATUS=3 clients"));
  EXPECT_EQ(socket.read(), "READY=1\nSTATUS=3 clients");
  EXPECT_EQ(socket.read(), "(none)");
}

TEST(SdNotify, SendsToTheAbstractNamespace) {
  const NotifySocket socket{"@certbound-test-" + std::to_string(::getpid())};
  EXPECT_TRUE(sd_notify("STOPPING=1"));
  EXPECT_EQ(socket.read(), "STOPPING=1");
}

TEST(SdNotify, SaysThatNobodyListens) {
  const store::TemporaryFolder folder;
  ::setenv("NOTIFY_SOCKET", (folder.path() / "missing").c_str(), 1);
  const auto notified = sd_notify("READY=1");
  ASSERT_FALSE(notified);
  EXPECT_EQ(notified.error().code, ErrorCode::invalid_request);
  EXPECT_NE(notified.error().detail.find("No such file"), std::string::npos) << notified.error().detail;
  notify_systemd("READY=1");  // logs it and goes on
  ::unsetenv("NOTIFY_SOCKET");
}

TEST(SdNotify, RefusesAPathThatIsTooLong) {
  ::setenv("NOTIFY_SOCKET", ("/" + std::string(200, 'x')).c_str(), 1);
  const auto notified = sd_notify("READY=1");
  ASSERT_FALSE(notified);
  EXPECT_NE(notified.error().detail.find("too long"), std::string::npos);
  ::unsetenv("NOTIFY_SOCKET");
}

}  // namespace certbound::app
