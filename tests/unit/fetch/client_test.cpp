#include "fetch/client.hpp"

#include <gtest/gtest.h>

#include "unit/fetch/fetch_fixture.hpp"

namespace certbound::fetch {

namespace {

class ClientTest : public FetchTest {
 protected:
  using Clock = std::chrono::steady_clock;

  [[nodiscard]] bool has_metric(const std::string& line) const {
    return ("\n" + registry.render_text()).find("\n" + line + "\n") != std::string::npos;
  }
};

TEST_F(ClientTest, FetchesOverVerifiedTls) {
  std::string asked;
  const HostileServer server{server_context(), [&asked](HostilePeer& peer) {
                               asked = peer.read_head();
                               peer.send(ok_json("{\"keys\":[]}", "Cache-Control: max-age=3600\r\nETag: \"v1\"\r\n"));
                             }};
  const Outcome outcome = fetch(request_to(server, "/jwks?x=1"));
  ASSERT_TRUE(outcome.is_ok()) << name(outcome.failure) << ": " << outcome.detail;
  EXPECT_EQ(outcome.status, 200);
  EXPECT_EQ(outcome.body, "{\"keys\":[]}");
  EXPECT_EQ(outcome.content_type, "application/json");
  EXPECT_EQ(outcome.fresh_for, std::chrono::hours{1});
  EXPECT_EQ(outcome.validators.etag, "\"v1\"");
  EXPECT_EQ(outcome.received_at, test::kNow);
  EXPECT_TRUE(asked.starts_with("GET /jwks?x=1 HTTP/1.1\r\nHost: server.test:" + server.port() + "\r\n")) << asked;
  EXPECT_TRUE(has_metric("certbound_fetch_attempts_total 1"));
  EXPECT_TRUE(has_metric("certbound_fetch_seconds_count 1"));
  EXPECT_TRUE(has_metric("certbound_fetch_under_way 0"));
}

TEST_F(ClientTest, SpeaksTls12) {
  const auto context = server_context();
  SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION);
  const HostileServer server{context, [](HostilePeer& peer) {
                               peer.read_head();
                               peer.send(ok_json("{}"));
                             }};
  EXPECT_TRUE(fetch(request_to(server)).is_ok());
}

TEST_F(ClientTest, AsksConditionallyAndTakesNotModified) {
  const HostileServer server{server_context(), [](HostilePeer& peer) {
                               const bool is_asked =
                                   peer.read_head().find("\r\nIf-None-Match: \"v1\"\r\n") != std::string::npos;
                               peer.send(is_asked ? "HTTP/1.1 304 Not Modified\r\nCache-Control: max-age=120\r\n\r\n"
                                                  : "HTTP/1.1 500 Oops\r\n\r\n");
                             }};
  Request request = request_to(server);
  request.validators.etag = "\"v1\"";
  const Outcome outcome = fetch(request);
  ASSERT_TRUE(outcome.is_ok()) << outcome.detail;
  EXPECT_TRUE(outcome.is_not_modified);
  EXPECT_EQ(outcome.validators.etag, "\"v1\"");
  EXPECT_EQ(outcome.fresh_for, std::chrono::minutes{2});
  EXPECT_TRUE(has_metric("certbound_fetch_not_modified_total 1"));
}

TEST_F(ClientTest, PostsOverPlainHttpWhereThatIsPermitted) {
  const HostileServer server{
      nullptr, [](HostilePeer& peer) {
        peer.read_head();
        const std::string body = peer.read(3);
        peer.send("HTTP/1.1 200 OK\r\nContent-Type: application/ocsp-response\r\n\r\n" + body + "!");
      }};
  Request request = request_for("http://server.test:" + server.port() + "/ocsp");
  request.method = Method::post;
  request.body = "abc";
  request.body_type = "application/ocsp-request";
  request.content_types = {"application/ocsp-response"};
  EXPECT_EQ(fetch(request).failure, Failure::scheme_not_allowed);
  EXPECT_EQ(server.connections(), 0);
  request.schemes = Schemes::https_and_http;
  const Outcome outcome = fetch(request);
  EXPECT_TRUE(outcome.is_ok()) << outcome.detail;
  EXPECT_EQ(outcome.body, "abc!");
}

TEST_F(ClientTest, VerifiesAnAddressAgainstTheCertificatesAddresses) {
  const HostileServer server{make_server_context(make_server(root, "IP:127.0.0.1")), [](HostilePeer& peer) {
                               peer.read_head();
                               peer.send(ok_json("{}"));
                             }};
  EXPECT_TRUE(fetch(request_for("https://127.0.0.1:" + server.port() + "/")).is_ok());
  EXPECT_EQ(resolver->calls, 0);
}

TEST_F(ClientTest, RefusesAddressesOfSpecialUse) {
  const HostileServer server{server_context(), [](HostilePeer& peer) { peer.send(ok_json("{}")); }};
  resolver->table["rebound.test"] = {"127.0.0.1", "10.0.0.1", "::1", "fe80::1"};
  resolver->table["metadata.test"] = {"169.254.169.254"};
  const Outcome outcome = fetch(request_for("https://rebound.test:" + server.port() + "/"));
  EXPECT_EQ(outcome.failure, Failure::address_refused);
  EXPECT_EQ(outcome.detail, "rebound.test: 127.0.0.1 (loopback)");
  EXPECT_EQ(fetch(request_for("https://metadata.test/")).failure, Failure::address_refused);
  EXPECT_EQ(fetch(request_for("https://127.0.0.2:" + server.port() + "/")).failure, Failure::address_refused);
  EXPECT_EQ(fetch(request_for("https://[::1]:" + server.port() + "/")).failure, Failure::address_refused);
  EXPECT_EQ(fetch(request_for("https://[::ffff:127.0.0.1]:" + server.port() + "/")).failure, Failure::address_refused);
  EXPECT_EQ(server.connections(), 0);
  EXPECT_TRUE(has_metric("certbound_fetch_failures_total{reason=\"address_refused\"} 5"));
}

// A name is resolved once: what was checked is what is dialled.
TEST_F(ClientTest, ResolvesOnceAndTriesTheAddressesInOrder) {
  const HostileServer server{server_context(), [](HostilePeer& peer) {
                               peer.read_head();
                               peer.send(ok_json("{}"));
                             }};
  // Nothing listens on 127.0.0.3.
  resolver->table["server.test"] = {"127.0.0.3", "127.0.0.1"};
  EXPECT_TRUE(fetch(request_to(server)).is_ok());
  EXPECT_EQ(resolver->calls, 1);
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(ClientTest, GivesUpOnAResolverThatDoesNotAnswer) {
  const auto began = Clock::now();
  EXPECT_EQ(fetch(request_for("https://never.test/")).failure, Failure::resolve_timeout);
  EXPECT_LT(Clock::now() - began, std::chrono::seconds{2});
  const Outcome unknown = fetch(request_for("https://unknown.test/"));
  EXPECT_EQ(unknown.failure, Failure::resolve_failed);
  EXPECT_EQ(unknown.detail, "unknown.test: no such host");
}

TEST_F(ClientTest, RefusesUrlsThatItDoesNotFetch) {
  EXPECT_EQ(fetch(request_for("https://user:pw@server.test/")).failure, Failure::url_invalid);
  EXPECT_EQ(fetch(request_for("file:///etc/passwd")).failure, Failure::url_invalid);
  Request request = request_for("https://server.test/");
  request.validators.etag = "\"a\"\r\nX: y";
  EXPECT_EQ(fetch(request).failure, Failure::request_invalid);
  EXPECT_EQ(resolver->calls, 0);
}

TEST_F(ClientTest, MakesOneConnectionForOneKey) {
  std::promise<void> both_asked;
  auto may_answer = both_asked.get_future().share();
  const HostileServer server{server_context(), [may_answer](HostilePeer& peer) {
                               peer.read_head();
                               may_answer.wait();
                               peer.send(ok_json("{}"));
                             }};
  client = make_client();
  Request request = request_to(server);
  request.timeout = std::chrono::seconds{4};
  request.key = "k";
  auto first = begin(*client, request);
  auto second = begin(*client, request);
  // Answered by the fetch thread in order: when this one ends, both are under way.
  EXPECT_EQ(fetch(request_for("nothing")).failure, Failure::url_invalid);
  both_asked.set_value();
  EXPECT_TRUE(wait_for(std::move(first)).is_ok());
  EXPECT_TRUE(wait_for(std::move(second)).is_ok());
  EXPECT_EQ(server.connections(), 1);
  // Later ones ask again.
  EXPECT_TRUE(fetch(request).is_ok());
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(ClientTest, BoundsItsConnectionsAndWhatWaits) {
  options.concurrent = 1;
  options.waiting = 1;
  std::promise<void> all_asked;
  auto may_answer = all_asked.get_future().share();
  const HostileServer server{server_context(), [may_answer](HostilePeer& peer) {
                               peer.read_head();
                               may_answer.wait();
                               peer.send(ok_json("{}"));
                             }};
  client = make_client();
  Request request = request_to(server);
  request.timeout = std::chrono::seconds{4};
  auto first = begin(*client, request);
  auto second = begin(*client, request);
  EXPECT_EQ(fetch(request).failure, Failure::overloaded);
  EXPECT_LE(server.connections(), 1);
  all_asked.set_value();
  EXPECT_TRUE(wait_for(std::move(first)).is_ok());
  EXPECT_TRUE(wait_for(std::move(second)).is_ok());
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(ClientTest, StopsWithinASecondWhateverItWaitsFor) {
  const HostileServer silent{server_context(), [](HostilePeer& peer) { peer.hang(); }, HostileServer::Handshake::never};
  const HostileServer mute{server_context(), [](HostilePeer& peer) { peer.hang(); }};
  options.resolve_timeout = options.handshake_timeout = std::chrono::minutes{1};
  client = make_client();
  std::vector<std::future<Outcome>> outcomes;
  for (const std::string& url : {"https://server.test:" + silent.port() + "/",
                                 "https://server.test:" + mute.port() + "/", std::string{"https://never.test/"}}) {
    Request request = request_for(url);
    request.timeout = std::chrono::minutes{1};
    outcomes.push_back(begin(*client, request));
  }
  EXPECT_TRUE(
      comes_true([&] { return silent.conversations() == 1 && mute.conversations() == 1 && resolver->calls == 3; }));
  const auto began = Clock::now();
  client->stop();
  EXPECT_LT(Clock::now() - began, std::chrono::seconds{1});
  for (auto& outcome : outcomes) EXPECT_EQ(wait_for(std::move(outcome)).failure, Failure::stopped);
  client->stop();
  // What comes later is dropped, not kept.
  bool is_called = false;
  client->fetch(request_for("nothing"), [&is_called](const Outcome&) { is_called = true; });
  client.reset();
  EXPECT_FALSE(is_called);
}

TEST_F(ClientTest, UsesThePublishedSettingsFromThenOn) {
  const HostileServer server{server_context(), [](HostilePeer& peer) {
                               peer.read_head();
                               peer.send(ok_json("{}"));
                             }};
  EXPECT_TRUE(fetch(request_to(server)).is_ok());
  Options stricter = options;
  stricter.allow.clear();
  auto settings = make_settings(stricter);
  ASSERT_TRUE(settings);
  client->publish(*settings);
  EXPECT_EQ(fetch(request_to(server)).failure, Failure::address_refused);
}

TEST_F(ClientTest, LivesOnWhenACallerThrows) {
  client = make_client();
  client->fetch(request_for("https://unknown.test/"), [](const Outcome&) { throw std::runtime_error{"of a caller"}; });
  client->fetch(request_for("nothing"), [](const Outcome&) { throw std::runtime_error{"of a caller"}; });
  EXPECT_EQ(fetch(request_for("https://unknown.test/")).failure, Failure::resolve_failed);
  EXPECT_TRUE(has_metric("certbound_fetch_faults_total 2"));
}

}  // namespace

}  // namespace certbound::fetch
