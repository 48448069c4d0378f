// A server that does what a broken or malicious one does: each fetch ends in bounded time with its own reason.
#include <algorithm>

#include <gtest/gtest.h>

#include "unit/fetch/fetch_fixture.hpp"

namespace certbound::fetch {

namespace {

class HostileServerTest : public FetchTest {
 protected:
  using Clock = std::chrono::steady_clock;

  HostileServerTest() { client = make_client(); }
  void TearDown() override { EXPECT_LT(Clock::now() - began_, std::chrono::seconds{4}); }

  /// Reads the request, sends `answer`, then waits for the client to go, or ends the connection.
  Failure failure_for(const std::string& answer) {
    return fetch_from([answer](HostilePeer& peer) {
             peer.read_head();
             if (peer.send(answer)) peer.hang();
           })
        .failure;
  }

 private:
  Clock::time_point began_ = Clock::now();
};

void send_without_end(HostilePeer& peer, const std::string& head, const std::string& piece) {
  peer.read_head();
  bool is_there = peer.send(head);
  // 100 MB, unless the client goes away before.
  for (std::size_t sent = 0; is_there && sent < 100'000'000; sent += piece.size()) is_there = peer.send(piece);
}

TEST_F(HostileServerTest, ThatSaysNothingIsLeft) {
  const HostileServer server{server_context(), [](HostilePeer& peer) { peer.hang(); }, HostileServer::Handshake::never};
  EXPECT_EQ(fetch(request_to(server)).failure, Failure::tls_timeout);
}

TEST_F(HostileServerTest, ThatDoesNotAnswerIsLeft) {
  EXPECT_EQ(fetch_from([](HostilePeer& peer) { peer.hang(); }).failure, Failure::timeout);
}

TEST_F(HostileServerTest, ThatEndsNoHeaderIsLeft) {
  EXPECT_EQ(failure_for("HTTP/1.1 200 OK\r\nContent-Type: appl"), Failure::timeout);
}

TEST_F(HostileServerTest, ThatSendsNoBodyIsLeft) {
  EXPECT_EQ(failure_for("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5\r\n\r\n"),
            Failure::timeout);
}

TEST_F(HostileServerTest, ThatDripsIsLeftAtTheDeadlineOfTheWhole) {
  const auto began = std::chrono::steady_clock::now();
  const Outcome outcome = fetch_from([](HostilePeer& peer) {
    peer.read_head();
    bool is_there = peer.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n");
    while (is_there) is_there = peer.send("a") && !peer.is_gone_within(std::chrono::milliseconds{10});
  });
  EXPECT_EQ(outcome.failure, Failure::timeout);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{3});
}

TEST_F(HostileServerTest, ThatDripsItsHeaderIsLeftToo) {
  const Outcome outcome = fetch_from([](HostilePeer& peer) {
    bool is_there = peer.send("HTTP/1.1 200 OK\r\nX: ");
    while (is_there) is_there = peer.send("a") && !peer.is_gone_within(std::chrono::milliseconds{10});
  });
  EXPECT_EQ(outcome.failure, Failure::timeout);
}

TEST_F(HostileServerTest, ThatAnnouncesALargeBodyIsNotListenedTo) {
  EXPECT_EQ(failure_for("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000000\r\n\r\n"),
            Failure::body_too_large);
}

TEST_F(HostileServerTest, ThatSendsALargeBodyUnannouncedIsCutOff) {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
  const std::string piece(4096, 'a');
  EXPECT_EQ(fetch_from([&](HostilePeer& peer) { send_without_end(peer, head + "\r\n", piece); }).failure,
            Failure::body_too_large);
  EXPECT_EQ(fetch_from([&](HostilePeer& peer) {
              send_without_end(peer, head + "Transfer-Encoding: chunked\r\n\r\n", "1000\r\n" + piece + "\r\n");
            }).failure,
            Failure::body_too_large);
  const std::string received = registry.render_text();
  const std::size_t at = received.find("\ncertbound_fetch_received_bytes_total ");
  ASSERT_NE(at, std::string::npos);
  EXPECT_LT(std::stod(received.substr(at + 38)), 1'000'000);
}

TEST_F(HostileServerTest, ThatSendsAHeaderWithoutEndIsCutOff) {
  EXPECT_EQ(fetch_from([](HostilePeer& peer) {
              send_without_end(peer, "HTTP/1.1 200 OK\r\n", "X-Filler: " + std::string(1000, 'a') + "\r\n");
            }).failure,
            Failure::header_too_large);
}

TEST_F(HostileServerTest, ThatRedirectsIsNotFollowed) {
  std::string location;
  const HostileServer server{
      server_context(), [&location](HostilePeer& peer) {
        peer.read_head();
        peer.send("HTTP/1.1 302 Found\r\nLocation: " + location + "\r\nContent-Length: 0\r\n\r\n");
      }};
  const std::string self = "https://server.test:" + server.port() + "/";
  int fetches = 0;
  for (const std::string& to :
       {self, "http://server.test:" + server.port() + "/", std::string{"https://169.254.169.254/"}}) {
    location = to;
    const Outcome outcome = fetch(request_for(self));
    EXPECT_EQ(outcome.failure, Failure::redirected);
    EXPECT_EQ(outcome.status, 302);
    EXPECT_EQ(server.connections(), ++fetches);
  }
}

TEST_F(HostileServerTest, ThatAnswersSomethingElseIsRefused) {
  EXPECT_EQ(failure_for("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi"),
            Failure::content_type);
  EXPECT_EQ(failure_for("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"), Failure::content_type);
  EXPECT_EQ(failure_for(ok_json("hi", "Content-Encoding: gzip\r\n")), Failure::content_encoding);
  EXPECT_EQ(failure_for("HTTP/1.1 304 Not Modified\r\n\r\n"), Failure::not_modified_unasked);
  EXPECT_EQ(failure_for("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), Failure::status);
  EXPECT_EQ(failure_for("HTTP/1.1 206 Partial Content\r\nContent-Length: 2\r\n\r\nhi"), Failure::status);
  EXPECT_EQ(failure_for("220 mail.example ESMTP\r\n\r\n"), Failure::malformed);
}

TEST_F(HostileServerTest, ThatLiesAboutItsChunksIsRefused) {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n";
  EXPECT_EQ(failure_for(head + "\r\n1\r\nhi\r\n0\r\n\r\n"), Failure::malformed);
  EXPECT_EQ(failure_for(head + "\r\nfffffff0\r\nhi"), Failure::body_too_large);
  EXPECT_EQ(failure_for(head + "\r\n5\r\nhi"), Failure::timeout);
  EXPECT_EQ(failure_for(head + "Content-Length: 2\r\n\r\n2\r\nhi\r\n0\r\n\r\n"), Failure::malformed);
}

TEST_F(HostileServerTest, ThatGoesAwayInTheMiddleIsNoticed) {
  const std::string half = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5\r\n\r\nhi";
  EXPECT_EQ(fetch_from([&half](HostilePeer& peer) {
              peer.read_head();
              peer.send(half);
            }).failure,
            Failure::closed);
  EXPECT_EQ(fetch_from([&half](HostilePeer& peer) {
              peer.read_head();
              peer.send(half);
              peer.close_notify();
            }).failure,
            Failure::closed);
  EXPECT_EQ(fetch_from([&half](HostilePeer& peer) {
              peer.read_head();
              peer.send(half);
              peer.reset();
            }).failure,
            Failure::closed);
  EXPECT_EQ(fetch_from([](HostilePeer&) {}).failure, Failure::closed);
}

// An answer without a length could have been cut by anyone on the way; the closing message of TLS is its only end.
TEST_F(HostileServerTest, ThatEndsAnAnswerByClosingHasToSayItInTls) {
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\nhello";
  EXPECT_EQ(fetch_from([&answer](HostilePeer& peer) {
              peer.read_head();
              peer.send(answer);
            }).failure,
            Failure::closed);
  const Outcome outcome = fetch_from([&answer](HostilePeer& peer) {
    peer.read_head();
    peer.send(answer);
    peer.close_notify();
  });
  EXPECT_EQ(outcome.failure, Failure::none) << outcome.detail;
  EXPECT_EQ(outcome.body, "hello");
}

TEST_F(HostileServerTest, WithACertificateForAnotherNameHearsNoRequest) {
  const auto behave = [](HostilePeer& peer) { peer.send(ok_json("{}")); };
  const HostileServer other{make_server_context(make_server(root, "DNS:other.test")), behave};
  EXPECT_EQ(fetch(request_to(other)).failure, Failure::certificate_name);
  // The name in the CN alone is none (RFC 6125 section 6.4.4 is long over).
  const HostileServer in_cn{make_server_context(make_server(root, "email:a@server.test")), behave};
  EXPECT_EQ(fetch(request_to(in_cn)).failure, Failure::certificate_name);
  const HostileServer partial{make_server_context(make_server(root, "DNS:s*.test")), behave};
  EXPECT_EQ(fetch(request_to(partial)).failure, Failure::certificate_name);
  const HostileServer address{make_server_context(make_server(root, "DNS:server.test")), behave};
  EXPECT_EQ(fetch(request_for("https://127.0.0.1:" + address.port() + "/")).failure, Failure::certificate_name);
  EXPECT_EQ(other.conversations() + in_cn.conversations() + partial.conversations(), 0);
}

TEST_F(HostileServerTest, WithACertificateOfAnotherCaHearsNoRequest) {
  const auto behave = [](HostilePeer& peer) { peer.send(ok_json("{}")); };
  // The same name, another key.
  const auto impostor = test::make_root("Fetch Test CA");
  const HostileServer untrusted{make_server_context(make_server(impostor)), behave};
  EXPECT_EQ(fetch(request_to(untrusted)).failure, Failure::certificate_untrusted);
  const HostileServer expired{
      make_server_context(make_server(root, "DNS:server.test", test::kNow - std::chrono::hours{1})), behave};
  EXPECT_EQ(fetch(request_to(expired)).failure, Failure::certificate_untrusted);
  const HostileServer of_a_client{
      make_server_context(test::make_client("server.test", root, {{"subjectAltName", "DNS:server.test"}})), behave};
  EXPECT_EQ(fetch(request_to(of_a_client)).failure, Failure::certificate_untrusted);
  EXPECT_EQ(untrusted.conversations() + expired.conversations() + of_a_client.conversations(), 0);
}

TEST_F(HostileServerTest, ThatSpeaksOldTlsOrNoneIsRefused) {
  const auto context = server_context();
  SSL_CTX_set_security_level(context.get(), 0);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(context.get(), TLS1_1_VERSION);
  const HostileServer old{context, [](HostilePeer&) {}};
  EXPECT_EQ(fetch(request_to(old)).failure, Failure::tls_failed);
  const HostileServer plain{nullptr, [](HostilePeer& peer) { peer.send("HTTP/1.1 400 Bad Request\r\n\r\n"); }};
  EXPECT_EQ(fetch(request_to(plain)).failure, Failure::tls_failed);
}

TEST_F(HostileServerTest, ThatDoesNotListenIsNoticed) {
  std::string port;
  {
    const HostileServer server{nullptr, [](HostilePeer&) {}};
    port = server.port();
  }
  EXPECT_EQ(fetch(request_for("https://server.test:" + port + "/")).failure, Failure::connect_failed);
}

TEST_F(HostileServerTest, ThatDoesNotAcceptIsLeft) {
  // A backlog of nothing that is full: the kernel drops what comes.
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ::sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::socklen_t size = sizeof address;
  ASSERT_EQ(::bind(listener, reinterpret_cast<::sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(listener, 0), 0);
  ASSERT_EQ(::getsockname(listener, reinterpret_cast<::sockaddr*>(&address), &size), 0);
  std::vector<int> fillers;
  for (int i = 0; i < 4; ++i) {
    fillers.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    static_cast<void>(::connect(fillers.back(), reinterpret_cast<::sockaddr*>(&address), size));
  }
  EXPECT_EQ(fetch(request_for("https://server.test:" + std::to_string(ntohs(address.sin_port)) + "/")).failure,
            Failure::connect_timeout);
  for (const int filler : fillers) ::close(filler);
  ::close(listener);
}

}  // namespace

}  // namespace certbound::fetch
