#include "net/worker.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "unit/net/loopback.hpp"

namespace certbound::net {

namespace {

using std::chrono::seconds;

std::string line_of(const std::string& answer, const std::string& name) {
  const std::size_t begin = answer.find("\r\n" + name + ": ");
  if (begin == std::string::npos) return "(absent)";
  const std::size_t value = begin + name.size() + 4;
  return answer.substr(value, answer.find("\r\n", value) - value);
}

}  // namespace

TEST(Worker, AnswersRequestAfterRequestOnOneConnection) {
  LoopbackServer server;
  LoopbackClient client{server.address};
  client.send(get_of("/a"));
  const std::string first = client.read_answer();
  client.send("POST /b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nhi");
  const std::string second = client.read_answer();

  EXPECT_TRUE(first.starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(body_of(first), "/a ");
  EXPECT_EQ(body_of(second), "/b hi");
  EXPECT_EQ(line_of(first, "Connection"), "(absent)");
  EXPECT_EQ(line_of(first, "X-Request-Id").size(), 22U);
  EXPECT_NE(line_of(first, "X-Request-Id"), line_of(second, "X-Request-Id"));
  EXPECT_EQ(line_of(first, "Date").size(), 29U);
}

TEST(Worker, AnswersPipelinedRequestsInOrder) {
  LoopbackServer server;
  LoopbackClient client{server.address};
  client.send(get_of("/1") + get_of("/2") + get_of("/3", "Connection: close\r\n"));
  EXPECT_EQ(body_of(client.read_answer()), "/1 ");
  EXPECT_EQ(body_of(client.read_answer()), "/2 ");
  const std::string last = client.read_answer();
  EXPECT_EQ(body_of(last), "/3 ");
  EXPECT_EQ(line_of(last, "Connection"), "close");
  EXPECT_TRUE(client.is_closed());
}

TEST(Worker, AnswersHeadWithoutABody) {
  LoopbackServer server;
  LoopbackClient client{server.address};
  client.send("HEAD /abc HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  const std::string answer = client.read_to_end();
  EXPECT_EQ(line_of(answer, "Content-Length"), "5");
  EXPECT_EQ(body_of(answer), "");
}

TEST(Worker, TellsAClientThatWaitsToGoOn) {
  LoopbackServer server;
  LoopbackClient client{server.address};
  client.send("POST /b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read_answer(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("hi");
  EXPECT_EQ(body_of(client.read_answer()), "/b hi");
}

TEST(Worker, AnswersWhatIsNotHttpAndCloses) {
  LoopbackServer server;
  LoopbackClient client{server.address};
  client.send(get_of("/a") + "GET / HTTP/1.1\nHost: a\n\n" + get_of("/never"));
  EXPECT_EQ(body_of(client.read_answer()), "/a ");
  const std::string answer = client.read_answer();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_EQ(line_of(answer, "Connection"), "close");
  const auto json = nlohmann::json::parse(body_of(answer));
  EXPECT_EQ(json["error"], "invalid_request");
  EXPECT_EQ(json["request_id"], line_of(answer, "X-Request-Id"));
  EXPECT_TRUE(client.is_closed());
  EXPECT_EQ(server.metrics.requests_malformed.value(), 1);
}

TEST(Worker, AnswersARequestThatIsTooSlowWith408) {
  Limits limits;
  limits.header_timeout = seconds{0};
  LoopbackServer server{limits};
  LoopbackClient client{server.address};
  client.send("GET / HT");
  EXPECT_TRUE(client.read_to_end().starts_with("HTTP/1.1 408 Request Timeout\r\n"));
}

TEST(Worker, AnswersABodyThatIsTooSlowWith408) {
  Limits limits;
  limits.body_timeout = seconds{0};
  LoopbackServer server{limits};
  LoopbackClient client{server.address};
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
  EXPECT_TRUE(client.read_to_end().starts_with("HTTP/1.1 408 Request Timeout\r\n"));
}

TEST(Worker, ClosesAnIdleConnectionWithoutAnAnswer) {
  Limits limits;
  limits.idle_timeout = seconds{0};
  LoopbackServer server{limits};
  LoopbackClient client{server.address};
  client.send(get_of("/a"));
  EXPECT_EQ(body_of(client.read_answer()), "/a ");
  EXPECT_TRUE(client.is_closed());
}

TEST(Worker, ClosesAConnectionThatNeverSendsAnything) {
  Limits limits;
  limits.header_timeout = seconds{0};
  LoopbackServer server{limits};
  LoopbackClient client{server.address};
  EXPECT_TRUE(client.is_closed());
}

// http/handler.hpp: nothing that a handler throws ends the program; the connection ends and it is counted.
TEST(Worker, SurvivesAHandlerThatThrows) {
  LoopbackServer server;
  LoopbackClient client{server.address};
  client.send(get_of("/throw"));
  EXPECT_TRUE(client.is_closed());
  LoopbackClient next{server.address};
  next.send(get_of("/a"));
  EXPECT_EQ(body_of(next.read_answer()), "/a ");
  server.stop();
  EXPECT_EQ(server.metrics.faults.value(), 1);
}

TEST(Worker, MakesRoomForANewConnectionByEndingTheIdlest) {
  Limits limits;
  limits.connections_per_worker = 1;
  LoopbackServer server{limits};
  LoopbackClient first{server.address};
  first.send(get_of("/a"));
  EXPECT_EQ(body_of(first.read_answer()), "/a ");
  LoopbackClient second{server.address};
  second.send(get_of("/b"));
  EXPECT_EQ(body_of(second.read_answer()), "/b ");
  EXPECT_TRUE(first.is_closed());
}

TEST(Worker, RefusesAConnectionWhereItIsFullOfBusyOnes) {
  Limits limits;
  limits.connections_per_worker = 1;
  LoopbackServer server{limits};
  LoopbackClient busy{server.address};
  busy.send(get_of("/wait"));
  server.handler.entered.get_future().wait();
  LoopbackClient refused{server.address};
  EXPECT_TRUE(refused.is_closed());
  EXPECT_EQ(server.metrics.connections_refused.value(), 1);
  server.run([&server] { server.handler.release(); });
  EXPECT_EQ(body_of(busy.read_answer()), "/wait ");
}

TEST(Worker, CountsItsSessions) {
  LoopbackServer server;
  LoopbackClient client{server.address};
  client.send(get_of("/a"));
  EXPECT_EQ(body_of(client.read_answer()), "/a ");
  EXPECT_EQ(server.session_count(), 1U);
  EXPECT_EQ(server.metrics.connections.value(), 1);
  EXPECT_EQ(server.metrics.connections_accepted.value(), 1);
}

// Architecture, coroutines, rule 6.
TEST(WorkerDrain, EndsIdleSessionsAndLetsBusyOnesAnswer) {
  LoopbackServer server;
  LoopbackClient idle{server.address};
  idle.send(get_of("/a"));
  EXPECT_EQ(body_of(idle.read_answer()), "/a ");
  LoopbackClient busy{server.address};
  busy.send(get_of("/wait"));
  server.handler.entered.get_future().wait();

  server.worker().drain();
  EXPECT_TRUE(idle.is_closed());
  const LoopbackClient late{server.address};
  EXPECT_FALSE(late.is_connected());
  server.run([&server] { server.handler.release(); });
  const std::string answer = busy.read_answer();
  EXPECT_EQ(body_of(answer), "/wait ");
  EXPECT_EQ(line_of(answer, "Connection"), "close");
  EXPECT_TRUE(busy.is_closed());
  server.worker().join();
}

TEST(WorkerDrain, CutsWhatTakesTooLong) {
  Limits limits;
  limits.drain_timeout = seconds{0};
  LoopbackServer server{limits};
  LoopbackClient client{server.address};
  client.send("GET / HT");
  while (server.session_count() == 0) continue;
  server.stop();
  EXPECT_EQ(client.read_to_end(), "");
}

TEST(WorkerDrain, EndsAWorkerWithoutSessions) {
  LoopbackServer server;
  server.stop();
  EXPECT_EQ(server.worker().session_count(), 0U);
}

// The destructor does what nobody did before it.
TEST(WorkerDrain, IsDoneByTheDestructor) {
  const LoopbackServer server;
  LoopbackClient client{server.address};
  client.send(get_of("/a"));
  EXPECT_EQ(body_of(client.read_answer()), "/a ");
}

// Architecture, coroutines, rule 4: the daemon stops where a listener fails.
TEST(Worker, TellsOfAListenerThatFails) {
  metrics::Registry registry;
  const SessionMetrics metrics{registry};
  EchoHandler handler;
  auto socket = bind_listener("127.0.0.1:0");
  ASSERT_TRUE(socket);
  const std::string address = socket->address();
  const int descriptor = socket->take_descriptor();
  std::promise<std::string> failure;
  Worker worker{Limits{}, metrics};
  worker.add_listener(ListeningSocket{descriptor, address}, nullptr, handler, Audience::operators);
  worker.start([&failure](const std::string& detail) { failure.set_value(detail); });
  ASSERT_EQ(::shutdown(descriptor, SHUT_RDWR), 0);  // accept() says EINVAL from now on
  auto told = failure.get_future();
  ASSERT_EQ(told.wait_for(seconds{10}), std::future_status::ready);
  EXPECT_TRUE(told.get().starts_with(address + ": "));
}

TEST(Worker, NeedsNoStart) {
  metrics::Registry registry;
  const SessionMetrics metrics{registry};
  EchoHandler handler;
  Worker worker{Limits{}, metrics};
  auto socket = bind_listener("127.0.0.1:0");
  ASSERT_TRUE(socket);
  EXPECT_EQ(worker.add_listener(*std::move(socket), nullptr, handler, Audience::operators), 0U);
}

}  // namespace certbound::net
