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

// Architecture section 7: a request sees one snapshot from its start to its end.
TEST_F(ServiceReload, LetsARequestEndUnderTheSnapshotThatItBeganUnder) {
  boost::asio::io_context context{1};
  std::optional<http::Response> response;
  const http::Request request = make_token_request("grant_type=client_credentials&client_id=etl", present(etl_));
  store::start_task(context, service_->handle(request), response);
  // Up to the lookup of the client, whose answer waits for this loop.
  context.run_one();
  ASSERT_FALSE(response);
  const SigningKey old_key = snapshot_.keys.front();
  snapshot_.issuer = "https://new.example";
  snapshot_.keys = {make_signing_key(model::SigningAlgorithm::es256), old_key};
  snapshot_.keys.back().record.state = model::KeyState::retired;
  publish();
  context.run();

  const jose::VerifiedJws token = verify(to_answer(response));
  EXPECT_EQ(Json::parse(token.payload)["iss"], kIssuer);
  EXPECT_EQ(token.kid, old_key.record.kid);
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

// A snapshot that cannot sign is refused and changes nothing.
TEST_F(ServiceReload, KeepsTheSnapshotWhereTheNewOneCannotSign) {
  auto broken = std::make_shared<Snapshot>(snapshot_);
  broken->issuer = "https://new.example";
  broken->keys.front().private_key = test::make_key(test::KeyKind::ed25519);
  const auto published = service_->publish(broken);
  ASSERT_FALSE(published);
  EXPECT_EQ(published.error().code, ErrorCode::server_error);
  EXPECT_EQ(claims_of(ask_token("etl", present(etl_)))["iss"], kIssuer);
}

TEST_F(ServiceReload, SignsWithTheActiveKeyOnly) {
  SigningKey retired = make_signing_key(model::SigningAlgorithm::es256);
  retired.record.state = model::KeyState::retired;
  SigningKey next = make_signing_key(model::SigningAlgorithm::es256);
  next.record.state = model::KeyState::next;
  const SigningKey active = snapshot_.keys.front();
  const SigningKey of_another_algorithm = make_signing_key(model::SigningAlgorithm::eddsa);
  snapshot_.keys = {retired, of_another_algorithm, next, active};
  publish();
  EXPECT_EQ(verify(ask_token("etl", present(etl_))).kid, active.record.kid);
}

TEST(Snapshot, HasToHaveAnActiveKey) {
  Snapshot snapshot;
  EXPECT_THROW(static_cast<void>(snapshot.active_key()), std::logic_error);
}

}  // namespace certbound::oauth
