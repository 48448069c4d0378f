#include <gtest/gtest.h>

#include "unit/net/loopback.hpp"

namespace certbound::net {

namespace {

certbound::test::Identity make_client_identity() {
  certbound::test::Shape shape;
  shape.subject = {{"CN", "client"}};
  return certbound::test::make_identity(shape);
}

}  // namespace

// RFC 8705 section 2: the certificate of this connection's handshake.
TEST(WorkerTls, HandsTheProvenCertificateToTheHandler) {
  const auto identity = make_client_identity();
  LoopbackServer server{{}, make_server_context(ClientCertificate::request)};
  LoopbackClient client{server.address};
  ASSERT_TRUE(client.start_tls(make_client_context({identity.certificate}, identity.key.get())));
  for (int i = 0; i < 2; ++i) {
    client.send(get_of("/peer"));
    EXPECT_EQ(body_of(client.read_answer()), x509::x5t_s256(identity.certificate));
  }
  EXPECT_EQ(server.metrics.handshakes_completed.value(), 1);
}

// 8705-2-1: a header is no certificate.
TEST(WorkerTls, TakesNoCertificateFromAHeader) {
  LoopbackServer server{{}, make_server_context(ClientCertificate::request)};
  LoopbackClient client{server.address};
  ASSERT_TRUE(client.start_tls(make_client_context()));
  client.send(get_of("/peer", "Client-Cert: :AA==:\r\nX-SSL-Cert: a\r\nX-Forwarded-Client-Cert: Hash=a\r\n"));
  EXPECT_EQ(body_of(client.read_answer()), "none");
}

TEST(WorkerTls, EndsAnAnswerWithACloseNotify) {
  LoopbackServer server{{}, make_server_context(ClientCertificate::none)};
  LoopbackClient client{server.address};
  ASSERT_TRUE(client.start_tls(make_client_context()));
  client.send(get_of("/a", "Connection: close\r\n"));
  EXPECT_EQ(body_of(client.read_answer()), "/a ");
  EXPECT_TRUE(client.is_closed());
  EXPECT_TRUE(client.has_close_notify());
}

// RFC 8446 section 6.1: whoever ends a connection says so first, else the peer has to suspect a truncation.
TEST(WorkerTls, EndsTheAnswerToAFaultWithACloseNotify) {
  LoopbackServer server{{}, make_server_context(ClientCertificate::none)};
  for (const std::string& request :
       {std::string{"GET / HTTP/1.1\nHost: a\n\n"}, get_of("/" + std::string(10000, 'a')),
        get_of("/", "X-A: " + std::string(20000, 'a') + "\r\n"), get_of("/", "Content-Length: 100000\r\n")}) {
    LoopbackClient client{server.address};
    ASSERT_TRUE(client.start_tls(make_client_context()));
    client.send(request);
    EXPECT_TRUE(client.read_answer().starts_with("HTTP/1.1 4"));
    EXPECT_TRUE(client.is_closed());
    EXPECT_TRUE(client.has_close_notify()) << request.substr(0, 40);
  }
}

TEST(WorkerTls, EndsTheAnswerToASlowRequestWithACloseNotify) {
  Limits limits;
  limits.header_timeout = std::chrono::seconds{1};
  LoopbackServer server{limits, make_server_context(ClientCertificate::none)};
  LoopbackClient client{server.address};
  ASSERT_TRUE(client.start_tls(make_client_context()));
  client.send("GET / HT");
  EXPECT_TRUE(client.read_answer().starts_with("HTTP/1.1 408 "));
  EXPECT_TRUE(client.is_closed());
  EXPECT_TRUE(client.has_close_notify());
}

TEST(WorkerTls, EndsAnIdleConnectionWithACloseNotify) {
  Limits limits;
  limits.idle_timeout = std::chrono::seconds{0};
  LoopbackServer server{limits, make_server_context(ClientCertificate::none)};
  LoopbackClient client{server.address};
  ASSERT_TRUE(client.start_tls(make_client_context()));
  client.send(get_of("/a"));
  EXPECT_EQ(body_of(client.read_answer()), "/a ");
  EXPECT_TRUE(client.is_closed());
  EXPECT_TRUE(client.has_close_notify());
}

TEST(WorkerTls, EndsADrainedConnectionWithACloseNotify) {
  LoopbackServer server{{}, make_server_context(ClientCertificate::none)};
  LoopbackClient client{server.address};
  ASSERT_TRUE(client.start_tls(make_client_context()));
  client.send(get_of("/a"));
  EXPECT_EQ(body_of(client.read_answer()), "/a ");
  server.stop();  // does not wait for the client to say the same
  EXPECT_TRUE(client.is_closed());
  EXPECT_TRUE(client.has_close_notify());
}

TEST(WorkerTls, AnswersACloseNotify) {
  LoopbackServer server{{}, make_server_context(ClientCertificate::none)};
  LoopbackClient client{server.address};
  ASSERT_TRUE(client.start_tls(make_client_context()));
  client.send(get_of("/a"));
  EXPECT_EQ(body_of(client.read_answer()), "/a ");
  client.end_tls();
  EXPECT_TRUE(client.is_closed());
  EXPECT_TRUE(client.has_close_notify());
}

// A worker that is full of clients still answers the operator.
TEST(WorkerTls, HasPlacesOfTheirOwnForPlainConnections) {
  Limits limits;
  limits.connections_per_worker = 1;
  metrics::Registry registry;
  const SessionMetrics metrics{registry};
  EchoHandler handler;
  EchoHandler operations;
  auto secured = bind_listener("127.0.0.1:0");
  auto plain = bind_listener("127.0.0.1:0");
  ASSERT_TRUE(secured && plain);
  const std::string secured_address = secured->address();
  const std::string plain_address = plain->address();
  Worker worker{limits, metrics};
  worker.add_listener(*std::move(secured), make_server_context(ClientCertificate::none), handler, Audience::clients);
  worker.add_listener(*std::move(plain), nullptr, operations, Audience::operators);
  worker.start([](const std::string& detail) { ADD_FAILURE() << detail; });

  LoopbackClient busy{secured_address};
  ASSERT_TRUE(busy.start_tls(make_client_context()));
  busy.send(get_of("/wait"));
  handler.entered.get_future().wait();
  LoopbackClient refused{secured_address};
  EXPECT_TRUE(refused.is_closed());
  LoopbackClient operator_client{plain_address};
  operator_client.send(get_of("/a"));
  EXPECT_EQ(body_of(operator_client.read_answer()), "/a ");
  // Nor do the operator's take the place of a client.
  worker.post([&handler] { handler.release(); });
  EXPECT_EQ(body_of(busy.read_answer()), "/wait ");
}

TEST(WorkerTls, CountsHandshakesThatFail) {
  LoopbackServer server{{}, make_server_context(ClientCertificate::none)};
  LoopbackClient client{server.address};
  client.send(get_of("/a"));
  static_cast<void>(client.read_to_end());
  server.stop();
  EXPECT_EQ(server.metrics.handshakes_failed.value(), 1);
  EXPECT_EQ(server.metrics.handshakes_completed.value(), 0);
}

TEST(WorkerTls, BoundsTheHandshake) {
  Limits limits;
  limits.handshake_timeout = std::chrono::seconds{0};
  LoopbackServer server{limits, make_server_context(ClientCertificate::none)};
  LoopbackClient client{server.address};
  static_cast<void>(client.read_to_end());
  server.stop();
  EXPECT_EQ(server.metrics.handshakes_timed_out.value(), 1);
}

// A reload: new connections see the new certificate, those that are open go on.
TEST(WorkerTls, PublishesANewContextForNewConnections) {
  const auto first = make_server_identity("first");
  const auto second = make_server_identity("second");
  LoopbackServer server{{}, make_server_context(ClientCertificate::none, first)};
  LoopbackClient old_client{server.address};
  ASSERT_TRUE(old_client.start_tls(make_client_context()));
  EXPECT_EQ(old_client.server_thumbprint(), x509::x5t_s256(first.certificate));

  const TlsContext renewed = make_server_context(ClientCertificate::none, second);
  server.run([&] { server.worker().publish_tls(server.listener, renewed); });
  LoopbackClient new_client{server.address};
  ASSERT_TRUE(new_client.start_tls(make_client_context()));
  EXPECT_EQ(new_client.server_thumbprint(), x509::x5t_s256(second.certificate));
  old_client.send(get_of("/a"));
  EXPECT_EQ(body_of(old_client.read_answer()), "/a ");
}

}  // namespace certbound::net
