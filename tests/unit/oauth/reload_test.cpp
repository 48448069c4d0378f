#include "unit/oauth/service_fixture.hpp"

namespace certbound::oauth {

class ServiceReload : public ServiceFixture {
 protected:
  ServiceReload() { start({make_registration("etl")}); }
};

TEST_F(ServiceReload, ShowsNewRequestsTheNewSnapshot) {
  snapshot_.issuer = "https://new.example";
  snapshot_.keys = {make_signing_key(model::SigningAlgorithm::es256)};
  publish();
  const jose::VerifiedJws token = verify(ask_token("etl", present(etl_)));
  EXPECT_EQ(Json::parse(token.payload)["iss"], "https://new.example");
  EXPECT_EQ(token.kid, snapshot_.keys.front().record.kid);
}

/// A request whose client has to be looked up, and what happens before the registry answers.
class ServiceReloadBetween : public ServiceReload {
 protected:
  void begin(const test::Identity& leaf) {
    request_ = make_token_request("grant_type=client_credentials&client_id=etl", present(leaf));
    store::start_task(context_, service_->handle(request_), response_);
    // Up to the lookup of the client, whose answer waits for this loop.
    context_.run_one();
    ASSERT_FALSE(response_);
  }
  Answer finish() {
    context_.run();
    return to_answer(response_);
  }
  /// etl moves to the trust store and the subject that `someone` of `rival` has.
  void move_to_rival() {
    model::Client moved = make_registration("etl");
    moved.subject->value = "CN=someone";
    const std::vector<model::Client> declared{moved};
    ASSERT_TRUE(store_->clients().reconcile_clients(declared, test::kNow));
    snapshot_.trust_stores["partner"] = make_store("partner", rival_root_);
  }

  boost::asio::io_context context_{1};
  http::Request request_;
  std::optional<http::Response> response_;
};

// The registration that was read before the change is not used under the new trust stores.
TEST_F(ServiceReloadBetween, LooksTheClientUpAgainUnderTheNewSnapshot) {
  begin(test::make_client("someone", rival_root_));
  move_to_rival();
  publish();
  EXPECT_EQ(finish().status, 200);
}

// Neither the old configuration nor the new one lets the old CA name the new subject.
TEST_F(ServiceReloadBetween, NeverPairsANewRegistrationWithOldTrustStores) {
  service_->hold();
  begin(test::make_client("someone", root_));
  move_to_rival();
  context_.restart();
  context_.poll();
  EXPECT_FALSE(response_);
  publish();
  expect_refused(finish(), 400, "invalid_client", "issuer_missing");
}

TEST_F(ServiceReloadBetween, GoesOnWhereTheRegistryDidNotChange) {
  service_->hold();
  begin(etl_);
  service_->release();
  EXPECT_EQ(finish().status, 200);
}

// What is kept was registered under the configuration that is still in use.
TEST_F(ServiceReloadBetween, AnswersAtOnceForAClientThatIsKept) {
  ASSERT_EQ(ask_token("etl", present(etl_)).status, 200);
  service_->hold();
  EXPECT_EQ(ask_token("etl", present(etl_)).status, 200);
  service_->release();
}

// A verdict that was remembered does not outlive the anchor that it rests on.
TEST_F(ServiceReload, EndsWhatWasRememberedOfATrustStore) {
  ASSERT_EQ(ask_token("etl", present(etl_)).status, 200);
  snapshot_.trust_stores["partner"] = make_store("partner", rival_root_);
  publish();
  expect_refused(ask_token("etl", present(etl_)), 400, "invalid_client", "issuer_missing");
}

TEST_F(ServiceReload, ReadsTheRegistryAnew) {
  ASSERT_EQ(ask_token("etl", present(etl_)).status, 200);
  model::Client changed = make_registration("etl");
  changed.subject->value = "CN=changed";
  const std::vector<model::Client> declared{changed};
  ASSERT_TRUE(store_->clients().reconcile_clients(declared, test::kNow));
  EXPECT_EQ(ask_token("etl", present(etl_)).status, 200);  // kept until the reload says so
  publish();
  expect_refused(ask_token("etl", present(etl_)), 400, "invalid_client", "subject_mismatch");
}

TEST_F(ServiceReload, RecordsTheGenerationThatDecided) {
  ASSERT_EQ(ask_token("etl", present(etl_)).status, 200);
  EXPECT_EQ(records().back()["generation"], 1);
  snapshot_.generation = 8;
  publish();
  ASSERT_EQ(ask_token("etl", present(etl_)).status, 200);
  EXPECT_EQ(records().back()["generation"], 8);
  ASSERT_EQ(ask_token("", present(etl_)).status, 400);
  EXPECT_EQ(records().back()["generation"], 8) << "also where the request was refused before its client was known";
}

// Its lookup began under one generation and ended under the next, which decided.
TEST_F(ServiceReloadBetween, RecordsTheGenerationAfterTheLookup) {
  begin(etl_);
  snapshot_.generation = 2;
  publish();
  EXPECT_EQ(finish().status, 200);
  EXPECT_EQ(records().back()["generation"], 2);
}

TEST_F(ServiceReload, RefusesToPrepareASnapshotThatCannotSign) {
  auto broken = std::make_shared<Snapshot>(snapshot_);
  broken->keys.front().key = test::make_key(test::KeyKind::ed25519);
  const auto prepared = Service::prepare(broken);
  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().code, ErrorCode::server_error);
}

TEST_F(ServiceReload, SignsWithTheActiveKeyOnly) {
  SigningKey retired = make_signing_key(model::SigningAlgorithm::es256);
  retired.record.state = model::KeyState::retired;
  SigningKey next = make_signing_key(model::SigningAlgorithm::es256);
  next.record.state = model::KeyState::next;
  const SigningKey active = snapshot_.keys.front();
  SigningKey of_another_algorithm = make_signing_key(model::SigningAlgorithm::eddsa);
  of_another_algorithm.record.state = model::KeyState::next;
  snapshot_.keys = {retired, of_another_algorithm, next, active};
  publish();
  EXPECT_EQ(verify(ask_token("etl", present(etl_))).kid, active.record.kid);
}

TEST(Snapshot, HasToHaveAnActiveKey) {
  Snapshot snapshot;
  EXPECT_THROW(static_cast<void>(snapshot.active_key()), std::logic_error);
}

}  // namespace certbound::oauth
