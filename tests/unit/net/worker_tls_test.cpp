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
  EXPECT_TRUE(client.is_closed());  // SSL_read is 0 for a close_notify, less for a cut connection
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
