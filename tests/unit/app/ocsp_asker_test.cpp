#include "app/ocsp_asker.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>

#include "app/ocsp_fetch.hpp"
#include "support/ocsp.hpp"
#include "unit/fetch/hostile_server.hpp"
#include "unit/store/coroutine_runner.hpp"

namespace certbound::app {

namespace {

using fetch::HostilePeer;
using fetch::HostileServer;
using test::kNow;
using test::OcspShape;
using testing::HasSubstr;
using x509::OcspOptions;
using x509::OcspOutcome;
using x509::OcspQuestion;
using x509::OcspSource;
using x509::OcspStatus;
using Outcomes = std::vector<OcspOutcome>;

}  // namespace

/// A responder on 127.0.0.1 that behaves as a test says, and a client for outbound requests that may go there.
class OcspAskerTest : public testing::Test {
 protected:
  OcspAskerTest() {
    now_ = kNow;
    allow({"127.0.0.1"});
  }
  ~OcspAskerTest() override { client_->stop(); }

  void allow(std::vector<std::string> hosts) {
    fetch::Options options;
    options.allow = std::move(hosts);
    start(std::move(options));
  }
  void start(fetch::Options options) {
    auto settings = fetch::make_settings(std::move(options));
    if (!settings) throw std::runtime_error{settings.error().detail};
    fetch::Surroundings surroundings;
    surroundings.clock = [] { return now_; };
    client_ = std::make_unique<fetch::Client>(*std::move(settings), registry_, std::move(surroundings));
    asker_ = std::make_unique<OcspAsker>(*client_, registry_, [] { return now_; });
  }
  [[nodiscard]] static OcspOptions responder(const std::string& port) {
    OcspOptions options;
    options.source = OcspSource::responder;
    options.responder = "http://127.0.0.1:" + port + "/ocsp";
    return options;
  }
  [[nodiscard]] static std::string http_of(const Bytes& response) {
    return "HTTP/1.1 200 OK\r\nContent-Type: application/ocsp-response\r\nContent-Length: " +
           std::to_string(response.size()) + "\r\n\r\n" + std::string{response.begin(), response.end()};
  }
  /// Answers about the question whatever it is asked.
  [[nodiscard]] HostileServer::Behaviour answering(const OcspQuestion& question, OcspStatus status) const {
    OcspShape shape;
    shape.status = status;
    return [text = http_of(test::make_ocsp_response(question, root_, shape))](HostilePeer& peer) {
      peer.read_head();
      peer.send(text);
    };
  }
  [[nodiscard]] Outcomes ask(const OcspOptions& options, const std::vector<OcspQuestion>& questions) {
    boost::asio::io_context worker{1};
    std::optional<Outcomes> outcomes;
    store::start_task(worker, asker_->ask(options, questions), outcomes);
    worker.run();
    return outcomes.value();
  }
  [[nodiscard]] std::vector<OcspQuestion> make_questions(std::size_t count) const {
    std::vector<OcspQuestion> questions;
    for (std::size_t i = 0; i < count; ++i) {
      questions.emplace_back(test::make_client("client", root_).certificate, root_.certificate);
    }
    return questions;
  }
  [[nodiscard]] OcspOutcome ask_one(const OcspOptions& options) { return ask(options, {question_}).at(0); }
  [[nodiscard]] bool has_metric(const std::string& line) const {
    return ("\n" + registry_.render_text()).find("\n" + line + "\n") != std::string::npos;
  }

  static inline WallTime now_ = kNow;
  test::Identity root_ = test::make_root("Root");
  test::Identity leaf_ = test::make_client(
      "client-1", root_, {{"authorityInfoAccess", "OCSP;URI:http://other.example/,OCSP;URI:http://127.0.0.1:1/ocsp"}});
  test::Identity plain_leaf_ = test::make_client("client-2", root_);
  OcspQuestion question_{leaf_.certificate, root_.certificate};
  metrics::Registry registry_;
  std::unique_ptr<fetch::Client> client_;
  std::unique_ptr<OcspAsker> asker_;
};

TEST_F(OcspAskerTest, BringsEachStatusAndAsksOnce) {
  for (const OcspStatus status : {OcspStatus::good, OcspStatus::revoked, OcspStatus::unknown}) {
    const HostileServer server{nullptr, answering(question_, status)};
    for (int i = 0; i < 3; ++i) {
      const OcspOutcome outcome = ask_one(responder(server.port()));
      ASSERT_NE(outcome.answer, nullptr) << outcome.failure;
      EXPECT_EQ(outcome.answer->status, status);
    }
    EXPECT_EQ(server.connections(), 1);
  }
  EXPECT_TRUE(has_metric("certbound_ocsp_requests_total 3"));
  EXPECT_TRUE(has_metric("certbound_ocsp_outcomes_total{outcome=\"revoked\"} 1"));
}

TEST_F(OcspAskerTest, AsksAgainWhereWhatIsKnownIsOfNoUse) {
  const HostileServer server{nullptr, answering(question_, OcspStatus::good)};
  const OcspOutcome first = ask_one(responder(server.port()));
  OcspQuestion again = question_;
  again.newer_than = first.made_at;
  now_ += std::chrono::seconds{1};
  EXPECT_EQ(ask(responder(server.port()), {again}).at(0).made_at, now_);
  EXPECT_EQ(server.connections(), 2);
  EXPECT_EQ(ask(responder(server.port()), {again}).at(0).made_at, now_);
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(OcspAskerTest, ConcurrentQuestionsAreOneFetch) {
  std::promise<void> both_asked;
  auto may_answer = both_asked.get_future().share();
  const auto answer = answering(question_, OcspStatus::good);
  const HostileServer server{nullptr, [may_answer, answer](HostilePeer& peer) {
                               may_answer.wait();
                               answer(peer);
                             }};
  boost::asio::io_context worker{1};
  std::optional<Outcomes> first;
  std::optional<Outcomes> second;
  store::start_task(worker, asker_->ask(responder(server.port()), {question_}), first);
  store::start_task(worker, asker_->ask(responder(server.port()), {question_}), second);
  worker.poll();  // both wait now
  EXPECT_FALSE(first || second);
  both_asked.set_value();
  worker.run();
  ASSERT_TRUE(first && second);
  EXPECT_NE(first->at(0).answer, nullptr);
  EXPECT_EQ(first->at(0).answer, second->at(0).answer);
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(OcspAskerTest, BringsTheOutcomesInTheOrderOfTheQuestions) {
  const OcspQuestion other{plain_leaf_.certificate, root_.certificate};
  OcspShape shape;
  shape.others = {other};
  const std::string text = http_of(test::make_ocsp_response(question_, root_, shape));
  const HostileServer server{nullptr, [text](HostilePeer& peer) {
                               peer.read_head();
                               peer.send(text);
                             }};
  const OcspQuestion stranger{root_.certificate, root_.certificate};
  const Outcomes outcomes = ask(responder(server.port()), {stranger, question_, other});
  ASSERT_EQ(outcomes.size(), 3U);
  EXPECT_THAT(outcomes[0].failure, HasSubstr("about another certificate"));
  EXPECT_NE(outcomes[1].answer, nullptr);
  EXPECT_NE(outcomes[2].answer, nullptr);
  EXPECT_EQ(server.connections(), 3);
}

TEST_F(OcspAskerTest, LeavesAResponderAloneThatDoesNotAnswer) {
  const HostileServer server{nullptr, [](HostilePeer& peer) { peer.read_head(); }};
  const OcspOutcome failed = ask_one(responder(server.port()));
  EXPECT_THAT(failed.failure, HasSubstr("the responder did not answer: closed"));
  EXPECT_GT(failed.holds_until, kNow);
  // Another certificate is not asked about meanwhile either.
  const auto other = ask(responder(server.port()), {{plain_leaf_.certificate, root_.certificate}});
  EXPECT_THAT(other.at(0).failure, HasSubstr("left alone"));
  EXPECT_EQ(server.connections(), 1);
  asker_->forget_all_but_revoked();
  EXPECT_THAT(ask_one(responder(server.port())).failure, HasSubstr("did not answer: closed"));
  EXPECT_EQ(server.connections(), 2);
  EXPECT_TRUE(has_metric("certbound_ocsp_outcomes_total{outcome=\"unreachable\"} 2"));
  EXPECT_TRUE(has_metric("certbound_ocsp_outcomes_total{outcome=\"left_alone\"} 1"));
}

TEST_F(OcspAskerTest, WaitsForASlowResponderWithinItsDeadline) {
  const HostileServer server{nullptr, [](HostilePeer& peer) { peer.hang(); }};
  const auto began = std::chrono::steady_clock::now();
  EXPECT_THAT(ask_one(responder(server.port())).failure, HasSubstr("did not answer: timeout"));
  EXPECT_LT(std::chrono::steady_clock::now() - began, kOcspDeadline + std::chrono::seconds{1});
}

TEST_F(OcspAskerTest, WhatWasRevokedStaysSoWhereNoAnswerComesInTime) {
  fetch::Options options;
  options.allow = {"127.0.0.1"};
  options.concurrent = 1;
  client_->stop();
  start(std::move(options));
  std::atomic<bool> is_silent = false;
  const auto answer = answering(question_, OcspStatus::revoked);
  const HostileServer server{nullptr, [&is_silent, answer](HostilePeer& peer) {
                               if (!is_silent) return answer(peer);
                               peer.hang();
                             }};
  ASSERT_NE(ask_one(responder(server.port())).answer, nullptr);
  now_ = kNow + std::chrono::hours{25};
  is_silent = true;
  // Two others have the one connection until the deadline is over.
  boost::asio::io_context worker{1};
  std::array<std::optional<Outcomes>, 3> outcomes;
  std::size_t begun = 0;
  for (const char* path : {"/first", "/second", ""}) {
    OcspOptions other = responder(server.port());
    other.responder += path;
    store::start_task(worker, asker_->ask(other, {question_}), outcomes.at(begun++));
  }
  worker.run();
  ASSERT_TRUE(outcomes[2]);
  const OcspOutcome& last = outcomes[2]->at(0);
  EXPECT_EQ(last.failure, "no answer in time");
  ASSERT_NE(last.answer, nullptr);
  EXPECT_EQ(last.answer->status, OcspStatus::revoked);
}

TEST_F(OcspAskerTest, ARefusedAnswerIsNotTheRespondersEnd) {
  const HostileServer server{nullptr, [](HostilePeer& peer) {
                               peer.read_head();
                               peer.send(http_of(test::make_ocsp_error(3)));
                             }};
  EXPECT_THAT(ask_one(responder(server.port())).failure, HasSubstr("trylater"));
  EXPECT_THAT(ask(responder(server.port()), {{plain_leaf_.certificate, root_.certificate}}).at(0).failure,
              HasSubstr("trylater"));
  EXPECT_EQ(server.connections(), 2);
  EXPECT_TRUE(has_metric("certbound_ocsp_outcomes_total{outcome=\"refused\"} 2"));
}

TEST_F(OcspAskerTest, AsksAResponderSomeQuestionsAtATimeAndAllInTheEnd) {
  std::promise<void> all_asked;
  auto may_answer = all_asked.get_future().share();
  std::atomic<int> open{0};
  std::atomic<int> most{0};
  const HostileServer server{nullptr, [&, may_answer](HostilePeer& peer) {
                               most = std::max<int>(most, ++open);
                               may_answer.wait();
                               peer.read_head();
                               --open;
                               peer.send(http_of(test::make_ocsp_error(3)));
                             }};
  boost::asio::io_context worker{1};
  std::optional<Outcomes> outcomes;
  store::start_task(worker, asker_->ask(responder(server.port()), make_questions(7)), outcomes);
  worker.poll();
  EXPECT_TRUE(has_metric("certbound_ocsp_requests_total 4"));
  all_asked.set_value();
  worker.run();
  ASSERT_TRUE(outcomes);
  for (const OcspOutcome& outcome : *outcomes) EXPECT_THAT(outcome.failure, HasSubstr("trylater"));
  EXPECT_LE(most, 4);
  EXPECT_EQ(server.connections(), 7);
}

TEST_F(OcspAskerTest, WhatWaitsForAResponderThatFailsIsAnsweredAtOnce) {
  const HostileServer server{nullptr, [](HostilePeer& peer) { peer.read_head(); }};
  const Outcomes outcomes = ask(responder(server.port()), make_questions(6));
  ASSERT_EQ(outcomes.size(), 6U);
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_THAT(outcomes[i].failure, HasSubstr(i < 4 ? "did not answer: closed" : "left alone"));
  }
  EXPECT_EQ(server.connections(), 4);
}

TEST_F(OcspAskerTest, OnlySoManyQuestionsWait) {
  std::promise<void> all_asked;
  auto may_answer = all_asked.get_future().share();
  const HostileServer server{nullptr, [may_answer](HostilePeer& peer) {
                               may_answer.wait();
                               peer.read_head();
                               peer.send(http_of(test::make_ocsp_error(3)));
                             }};
  boost::asio::io_context worker{1};
  std::optional<Outcomes> outcomes;
  store::start_task(worker, asker_->ask(responder(server.port()), make_questions(133)), outcomes);
  worker.poll();
  all_asked.set_value();
  worker.run();
  ASSERT_TRUE(outcomes);
  EXPECT_THAT(outcomes->at(131).failure, HasSubstr("trylater"));
  EXPECT_EQ(outcomes->at(132).failure, "too many questions to the responder are open");
}

TEST_F(OcspAskerTest, AFailureOfOurOwnIsNotTheResponders) {
  fetch::Options options;
  options.allow = {"127.0.0.1"};
  options.waiting = 0;
  client_->stop();
  start(std::move(options));
  for (const OcspQuestion& question : make_questions(2)) {
    const OcspOutcome outcome = ask(responder("1"), {question}).at(0);
    EXPECT_THAT(outcome.failure, HasSubstr("nobody was asked: overloaded"));
    EXPECT_EQ(outcome.holds_until, kNow + std::chrono::seconds{1});
  }
}

TEST_F(OcspAskerTest, ShowsTheBeginningOfALongUrl) {
  const std::string url = "http://other.example/" + std::string(1000, 'a');
  const test::Identity leaf = test::make_client("long", root_, {{"authorityInfoAccess", "OCSP;URI:" + url}});
  OcspOptions options;
  options.source = OcspSource::from_certificate;
  options.hosts = {"third.example"};
  const auto found = find_ocsp_responder(options, leaf.certificate);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().detail, "the certificate names " + url.substr(0, 256) + "…, whose host is not in ocsp_hosts");
}

TEST_F(OcspAskerTest, AsksNoPrivateAddressThatIsNotAllowed) {
  const HostileServer server{nullptr, answering(question_, OcspStatus::good)};
  client_->stop();
  allow({});
  EXPECT_THAT(ask_one(responder(server.port())).failure, HasSubstr("address_refused"));
  EXPECT_EQ(server.connections(), 0);
}

TEST_F(OcspAskerTest, AnOutcomeAfterItsWaiterIsGoneIsKept) {
  std::promise<void> gone;
  auto may_answer = gone.get_future().share();
  const auto answer = answering(question_, OcspStatus::good);
  const HostileServer server{nullptr, [may_answer, answer](HostilePeer& peer) {
                               may_answer.wait();
                               answer(peer);
                             }};
  {
    boost::asio::io_context worker{1};
    std::optional<Outcomes> never;
    store::start_task(worker, asker_->ask(responder(server.port()), {question_}), never);
    worker.poll();
  }
  gone.set_value();
  EXPECT_NE(ask_one(responder(server.port())).answer, nullptr);
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(OcspAskerTest, ANewConfigurationAsksItsOwnResponder) {
  const HostileServer first{nullptr, answering(question_, OcspStatus::good)};
  const HostileServer second{nullptr, answering(question_, OcspStatus::revoked)};
  EXPECT_EQ(ask_one(responder(first.port())).answer->status, OcspStatus::good);
  EXPECT_EQ(ask_one(responder(second.port())).answer->status, OcspStatus::revoked);
}

TEST_F(OcspAskerTest, FindsTheResponderThatTheCertificateNamesOnAListedHost) {
  OcspOptions options;
  options.source = OcspSource::from_certificate;
  options.hosts = {"127.0.0.1:1"};
  const auto found = find_ocsp_responder(options, leaf_.certificate);
  ASSERT_TRUE(found) << found.error().detail;
  EXPECT_EQ(*found, "http://127.0.0.1:1/ocsp");
  options.hosts = {"third.example", "127.0.0.1:2"};
  const auto unlisted = find_ocsp_responder(options, leaf_.certificate);
  ASSERT_FALSE(unlisted);
  EXPECT_THAT(unlisted.error().detail, HasSubstr("names http://other.example/, http://127.0.0.1:1/ocsp, whose host"));
  const auto none = find_ocsp_responder(options, plain_leaf_.certificate);
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().detail, HasSubstr("names no OCSP responder"));
  EXPECT_THAT(ask_one(options).failure, HasSubstr("not in ocsp_hosts"));
  EXPECT_TRUE(has_metric("certbound_ocsp_outcomes_total{outcome=\"no_responder\"} 1"));
  EXPECT_TRUE(has_metric("certbound_ocsp_requests_total 0"));
}

TEST_F(OcspAskerTest, TheCommandLineAsksToo) {
  const HostileServer server{nullptr, answering(question_, OcspStatus::revoked)};
  fetch::Options options;
  options.allow = {"127.0.0.1"};
  const auto settings = fetch::make_settings(options);
  ASSERT_TRUE(settings);
  const Outcomes outcomes = ask_ocsp_now(responder(server.port()), {question_}, *settings, kNow);
  ASSERT_EQ(outcomes.size(), 1U);
  ASSERT_NE(outcomes[0].answer, nullptr) << outcomes[0].failure;
  EXPECT_EQ(outcomes[0].answer->status, OcspStatus::revoked);
}

TEST_F(OcspAskerTest, SendsARequestWithANonce) {
  const auto fetch = make_ocsp_fetch(question_, "http://a.example/");
  ASSERT_TRUE(fetch) << fetch.error().detail;
  EXPECT_EQ(fetch->request.method, fetch::Method::post);
  EXPECT_EQ(fetch->request.body_type, "application/ocsp-request");
  EXPECT_NE(fetch->request.body.find(std::string{fetch->nonce.begin(), fetch->nonce.end()}), std::string::npos);
  const auto second = make_ocsp_fetch(question_, "http://a.example/");
  ASSERT_TRUE(second);
  EXPECT_NE(fetch->nonce, second->nonce);
}

}  // namespace certbound::app
