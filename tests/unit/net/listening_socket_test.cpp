#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "net/worker.hpp"

namespace certbound::net {

namespace {

/// A port of 127.0.0.1 that somebody else has.
class TakenPort {
 public:
  explicit TakenPort(bool is_shared = false) : descriptor_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    const int share = is_shared ? 1 : 0;
    EXPECT_EQ(::setsockopt(descriptor_, SOL_SOCKET, SO_REUSEPORT, &share, sizeof share), 0);
    ::sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    ::socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<::sockaddr*>(&address);
    EXPECT_EQ(::bind(descriptor_, generic, size), 0);
    EXPECT_EQ(::listen(descriptor_, 1), 0);
    EXPECT_EQ(::getsockname(descriptor_, generic, &size), 0);
    port_ = ::ntohs(address.sin_port);
  }
  TakenPort(const TakenPort&) = delete;
  TakenPort& operator=(const TakenPort&) = delete;
  ~TakenPort() { ::close(descriptor_); }

  [[nodiscard]] int port() const { return port_; }

 private:
  int descriptor_;
  int port_ = 0;
};

}  // namespace

TEST(BindListener, TakesAFreePortForPort0) {
  const auto socket = bind_listener("127.0.0.1:0");
  ASSERT_TRUE(socket) << socket.error().detail;
  EXPECT_TRUE(socket->address().starts_with("127.0.0.1:"));
  EXPECT_NE(socket->address(), "127.0.0.1:0");
}

// Each worker has a socket of its own on the same port.
TEST(BindListener, BindsOnePortSeveralTimes) {
  const auto first = bind_listener("127.0.0.1:0");
  ASSERT_TRUE(first);
  const auto second = bind_listener(first->address());
  ASSERT_TRUE(second) << second.error().detail;
  EXPECT_EQ(second->address(), first->address());
}

TEST(BindListener, BindsIpv6) {
  const auto socket = bind_listener("[::1]:0");
  if (!socket) GTEST_SKIP() << "no IPv6 here: " << socket.error().detail;
  EXPECT_TRUE(socket->address().starts_with("[::1]:"));
}

TEST(BindListener, RefusesWhatIsNoAddress) {
  for (const char* address : {"", "8443", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", "127.0.0.1:-1",
                              "127.0.0.1:80x", "localhost:80", "[::1:80", ":80"}) {
    const auto socket = bind_listener(address);
    ASSERT_FALSE(socket) << address;
    EXPECT_EQ(socket.error().code, ErrorCode::invalid_request);
    EXPECT_TRUE(socket.error().detail.starts_with(address)) << socket.error().detail;
  }
}

TEST(BindListener, SaysThatAPortIsTaken) {
  const TakenPort taken;
  const auto socket = bind_listener("127.0.0.1:" + std::to_string(taken.port()));
  ASSERT_FALSE(socket);
  EXPECT_NE(socket.error().detail.find("Address already in use"), std::string::npos) << socket.error().detail;
}

// The socket of another process of the same user: bind() alone would share its port and its clients.
TEST(ProbeListener, RefusesAPortThatIsSharedToo) {
  for (const bool is_shared : {false, true}) {
    const TakenPort taken{is_shared};
    const std::string address = "127.0.0.1:" + std::to_string(taken.port());
    const auto probed = probe_listener(address);
    ASSERT_FALSE(probed) << is_shared;
    EXPECT_EQ(probed.error().detail, address + ": cannot listen: Address already in use");
    EXPECT_EQ(static_cast<bool>(bind_listener(address)), is_shared);
  }
}

TEST(ProbeListener, RefusesAPortOfThisProgram) {
  const auto running = bind_listener("127.0.0.1:0");
  ASSERT_TRUE(running);
  EXPECT_FALSE(probe_listener(running->address()));
}

TEST(ProbeListener, LeavesAFreePortFree) {
  std::string address;
  {
    const auto socket = bind_listener("127.0.0.1:0");
    ASSERT_TRUE(socket);
    address = socket->address();
  }
  EXPECT_TRUE(probe_listener(address));
  EXPECT_TRUE(probe_listener(address));
  EXPECT_TRUE(bind_listener(address));
  EXPECT_TRUE(probe_listener("127.0.0.1:0"));
  EXPECT_FALSE(probe_listener("127.0.0.1"));
}

TEST(BindListener, SaysThatAnAddressIsNotOurs) {
  const auto socket = bind_listener("192.0.2.1:0");
  ASSERT_FALSE(socket);
  EXPECT_NE(socket.error().detail.find("Cannot assign"), std::string::npos) << socket.error().detail;
}

TEST(ListeningSocket, ClosesItsDescriptorUnlessItWasTaken) {
  const int descriptor = ::dup(STDERR_FILENO);
  { const ListeningSocket socket{descriptor, "a"}; }
  EXPECT_EQ(::fcntl(descriptor, F_GETFD), -1);

  ListeningSocket source{::dup(STDERR_FILENO), "b"};
  ListeningSocket moved{std::move(source)};
  const int taken = moved.take_descriptor();
  EXPECT_GE(taken, 0);
  EXPECT_EQ(moved.take_descriptor(), -1);
  EXPECT_EQ(::close(taken), 0);
}

}  // namespace certbound::net
