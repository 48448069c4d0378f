#include "control/server.hpp"

#include <condition_variable>
#include <mutex>
#include <poll.h>
#include <sys/socket.h>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "control/client.hpp"
#include "control/socket.hpp"
#include "unit/store/temporary_folder.hpp"

namespace certbound::control {

namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr ServerLimits kSmall{.request_bytes = 200, .connections = 2, .patience = 30s};

/// Actions that are posted to it are done at do_posted() only.
class LaterThread {
 public:
  Server::Post post() {
    return [this](std::function<void()> action) {
      const std::lock_guard lock{mutex_};
      actions_.push_back(std::move(action));
      has_one_.notify_all();
    };
  }
  void wait_and_do() {
    std::unique_lock lock{mutex_};
    has_one_.wait(lock, [this] { return !actions_.empty(); });
    const auto actions = std::exchange(actions_, {});
    lock.unlock();
    for (const auto& action : actions) action();
  }

 private:
  std::mutex mutex_;
  std::condition_variable has_one_;
  std::vector<std::function<void()>> actions_;
};

void do_at_once(const std::function<void()>& action) { action(); }

std::string echo(std::string_view line, const Peer& /*peer*/ = {}) {
  return R"({"ok":true,"result":{"octets":)" + std::to_string(line.size()) + "}}";
}

class ControlServer : public testing::Test {
 protected:
  void start(ServerLimits limits = kSmall, Server::Post post = &do_at_once, Server::Answer answer = &echo) {
    auto started = Server::start(folder_.path(), std::move(post), std::move(answer), limits);
    ASSERT_TRUE(started) << started.error().detail;
    server_ = *std::move(started);
  }

  [[nodiscard]] FileDescriptor connect() const {
    auto connected = connect_control_socket(folder_.path(), 20s);
    EXPECT_TRUE(connected) << connected.error().detail;
    return connected ? *std::move(connected) : FileDescriptor{};
  }

  static void send(const FileDescriptor& peer, std::string_view text) {
    (void)::send(peer.value(), text.data(), text.size(), MSG_NOSIGNAL);  // the server may have refused already
  }

  /// All that comes until the server closes.
  static std::string receive(const FileDescriptor& peer) {
    std::string all;
    char octet = 0;
    while (::recv(peer.value(), &octet, 1, 0) == 1) all.push_back(octet);
    return all;
  }

  static std::string message_of(const std::string& answer) {
    const json parsed = json::parse(answer);
    EXPECT_EQ(parsed["ok"], false);
    return parsed["error"]["message"];
  }

  store::TemporaryFolder folder_;
  LaterThread later_;
  std::unique_ptr<Server> server_;
};

}  // namespace

TEST_F(ControlServer, AnswersACall) {
  start();
  const auto reply = call(folder_.path(), "any", json::object(), 20s);
  ASSERT_TRUE(reply) << reply.error().detail;
  EXPECT_TRUE(reply->is_done);
  EXPECT_GT(json::parse(reply->result)["octets"], 10);
}

TEST_F(ControlServer, TellsTheCallerWhyNot) {
  start(kSmall, &do_at_once, [](std::string_view, const Peer&) {
    return std::string{R"({"ok":false,"error":{"code":"invalid_request","message":"too late"}})"};
  });
  const auto reply = call(folder_.path(), "any", json::object(), 20s);
  ASSERT_TRUE(reply);
  EXPECT_FALSE(reply->is_done);
  EXPECT_EQ(reply->code, "invalid_request");
  EXPECT_EQ(reply->message, "too late");
}

TEST_F(ControlServer, ClosesAfterOneAnswer) {
  start();
  const FileDescriptor peer = connect();
  send(peer, "abc\n");
  EXPECT_EQ(receive(peer), echo("abc") + "\n");
}

TEST_F(ControlServer, TakesARequestOctetByOctet) {
  start();
  const FileDescriptor peer = connect();
  for (const char octet : std::string{"abc\n"}) send(peer, std::string{octet});
  EXPECT_EQ(receive(peer), echo("abc") + "\n");
}

TEST_F(ControlServer, RefusesALongRequest) {
  start();
  for (const std::string& request : {std::string(201, 'x'), std::string(201, 'x') + "\n"}) {
    const FileDescriptor peer = connect();
    send(peer, request);
    EXPECT_NE(message_of(receive(peer)).find("longer than 200"), std::string::npos);
  }
  const FileDescriptor longest = connect();
  send(longest, std::string(200, 'x') + "\n");
  EXPECT_EQ(receive(longest), echo(std::string(200, 'x')) + "\n");
}

TEST_F(ControlServer, RefusesARequestWithoutEnd) {
  start();
  const FileDescriptor peer = connect();
  send(peer, "abc");
  ::shutdown(peer.value(), SHUT_WR);
  EXPECT_NE(message_of(receive(peer)).find("without a line feed"), std::string::npos);
}

TEST_F(ControlServer, RefusesASecondRequest) {
  start();
  const FileDescriptor peer = connect();
  send(peer, "abc\nabc\n");
  EXPECT_NE(message_of(receive(peer)).find("takes one"), std::string::npos);
}

TEST_F(ControlServer, DropsASlowPeer) {
  start({.request_bytes = 200, .connections = 2, .patience = 20ms});
  const FileDescriptor silent = connect();
  EXPECT_EQ(receive(silent), "");
  const FileDescriptor half = connect();
  send(half, "abc");
  EXPECT_EQ(receive(half), "");
}

TEST_F(ControlServer, ServesOthersWhenSlowPeersAreDropped) {
  start({.request_bytes = 200, .connections = 2, .patience = 20ms});
  std::vector<FileDescriptor> silent;
  for (int i = 0; i < 8; ++i) silent.push_back(connect());
  const auto reply = call(folder_.path(), "any", json::object(), 20s);
  ASSERT_TRUE(reply) << reply.error().detail;
  EXPECT_TRUE(reply->is_done);
}

// The kernel keeps the others until there is room.
TEST_F(ControlServer, ServesASetNumberAtATime) {
  start();
  const FileDescriptor first = connect();
  FileDescriptor second = connect();
  const FileDescriptor third = connect();
  send(first, "f");
  send(second, "s");
  send(third, "abc\n");
  ::pollfd entry{third.value(), POLLIN, 0};
  EXPECT_EQ(::poll(&entry, 1, 50), 0);
  { const FileDescriptor closed = std::move(second); }
  EXPECT_EQ(receive(third), echo("abc") + "\n");
}

// A slow peer must not hold up signals and reloads: nothing is posted before a request is whole.
TEST_F(ControlServer, PostsWholeRequestsOnly) {
  int posted = 0;
  start(kSmall, [&posted](const std::function<void()>& action) {
    ++posted;
    action();
  });
  const FileDescriptor half = connect();
  send(half, "abc");
  const FileDescriptor whole = connect();
  send(whole, "abc\n");
  EXPECT_EQ(receive(whole), echo("abc") + "\n");
  EXPECT_EQ(posted, 1);
}

TEST_F(ControlServer, AnswersWhenTheOtherThreadHasTime) {
  start(kSmall, later_.post());
  const FileDescriptor peer = connect();
  send(peer, "abc\n");
  later_.wait_and_do();
  EXPECT_EQ(receive(peer), echo("abc") + "\n");
}

TEST_F(ControlServer, DoesWhatWasAskedForByOneWhoHasGone) {
  bool is_done = false;
  start(kSmall, later_.post(), [&is_done](std::string_view line, const Peer&) {
    is_done = true;
    return echo(line);
  });
  {
    const FileDescriptor peer = connect();
    send(peer, "abc\n");
  }
  later_.wait_and_do();
  EXPECT_TRUE(is_done);
  const FileDescriptor other = connect();
  send(other, "abcd\n");
  later_.wait_and_do();
  EXPECT_EQ(receive(other), echo("abcd") + "\n");
}

TEST_F(ControlServer, EndsWithRequestsThatNobodyAnswered) {
  start(kSmall, later_.post());
  const FileDescriptor peer = connect();
  send(peer, "abc\n");
  const FileDescriptor silent = connect();
  server_.reset();
  EXPECT_EQ(receive(peer), "");
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / kSocketName));
}

TEST_F(ControlServer, SaysThatNoAnswerCame) {
  start(kSmall, later_.post());
  const auto late = call(folder_.path(), "any", json::object(), 50ms);
  ASSERT_FALSE(late);
  EXPECT_NE(late.error().detail.find("did not answer"), std::string::npos) << late.error().detail;
  server_.reset();
  start(kSmall, &do_at_once, [](std::string_view, const Peer&) { return std::string{"garbage"}; });
  const auto garbage = call(folder_.path(), "any", json::object(), 20s);
  ASSERT_FALSE(garbage);
  EXPECT_NE(garbage.error().detail.find("no answer"), std::string::npos) << garbage.error().detail;
}

}  // namespace certbound::control
