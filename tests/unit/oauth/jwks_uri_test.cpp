#include "jose/jwk.hpp"
#include "unit/oauth/service_fixture.hpp"

namespace certbound::oauth {

/// A client whose keys stand at a URI, which is not fetched here: what a fetch brings is put.
class ServiceJwksUri : public ServiceFixture {
 protected:
  ServiceJwksUri() {
    model::Client remote = make_self_signed_registration("remote");
    remote.jwks_uri = "https://partner.example/jwks.json";
    model::Client inline_only = make_self_signed_registration("inline");
    inline_only.certificate_thumbprints = {x509::x5t_s256(first_.certificate)};
    start({remote, inline_only, make_registration("etl")});
  }

  static std::shared_ptr<const KeySet> certificates(const test::Identity& identity) {
    KeySet set;
    set.certificates = {x509::thumbprint(identity.certificate)};
    return std::make_shared<const KeySet>(std::move(set));
  }
  void publish_keys(std::shared_ptr<const KeySet> keys, PublishedKeys::Ask ask) {
    KeyDirectory::Published published;
    published.emplace("remote", PublishedKeys{std::move(keys), 7, std::move(ask)});
    service_->publish_keys(published);
  }
  /// Nothing newer is to be had.
  void publish_keys(std::shared_ptr<const KeySet> keys) {
    publish_keys(std::move(keys), [this](std::uint64_t known) {
      EXPECT_EQ(known, 7U);
      ++asked_;
      return false;
    });
  }

  test::Identity first_ = make_self_signed("batch");
  test::Identity second_ = make_self_signed("batch");
  int asked_ = 0;
};

TEST_F(ServiceJwksUri, TakesWhatStandsAtTheUri) {
  publish_keys(certificates(first_));
  const Answer answer = ask_token("remote", present(first_));
  EXPECT_EQ(answer.status, 200) << answer.text;
  EXPECT_EQ(claims_of(answer)["cnf"]["x5t#S256"], x509::x5t_s256(first_.certificate));
  EXPECT_EQ(asked_, 0);
}

TEST_F(ServiceJwksUri, TakesABareKey) {
  KeySet set;
  set.keys = {value_or_throw(jose::key_thumbprint(*first_.key))};
  publish_keys(std::make_shared<const KeySet>(std::move(set)));
  EXPECT_EQ(ask_token("remote", present(first_)).status, 200);
  expect_refused(ask_token("remote", present(second_)), 400, "invalid_client", "certificate_not_registered");
}

TEST_F(ServiceJwksUri, RefusesWhatIsNotThereWithoutWaitingWhereItIsTooSoonToAsk) {
  publish_keys(certificates(first_));
  expect_refused(ask_token("remote", present(second_)), 400, "invalid_client", "certificate_not_registered");
  EXPECT_EQ(asked_, 1);
}

TEST_F(ServiceJwksUri, RefusesWhereNothingHasComeYet) {
  publish_keys(nullptr);
  expect_refused(ask_token("remote", present(first_)), 400, "invalid_client", "certificate_not_registered");
  EXPECT_NE(records().back()["detail"].get<std::string>().find("nothing has been fetched"), std::string::npos);
}

// Product section 5, rule 5: rotation works at the first try.
TEST_F(ServiceJwksUri, LooksAgainWhenNewerKeysHaveCome) {
  boost::asio::io_context context{1};
  publish_keys(certificates(first_), [&](std::uint64_t /*known*/) {
    ++asked_;
    boost::asio::post(context, [this] { service_->put_keys("remote", certificates(second_), 8); });
    return true;
  });
  std::optional<http::Response> responses[2];
  const auto body = "grant_type=client_credentials&client_id=remote";
  const http::Request requests[2] = {make_token_request(body, present(second_)),
                                     make_token_request(body, present(second_))};
  for (int i = 0; i < 2; ++i) store::start_task(context, service_->handle(requests[i]), responses[i]);
  context.run();
  EXPECT_EQ(to_answer(responses[0]).status, 200);
  EXPECT_EQ(to_answer(responses[1]).status, 200);
  expect_refused(ask_token("remote", present(first_)), 400, "invalid_client", "certificate_not_registered");
}

TEST_F(ServiceJwksUri, RefusesWhenTheAttemptBroughtNothing) {
  boost::asio::io_context context{1};
  publish_keys(certificates(first_), [&](std::uint64_t /*known*/) {
    ++asked_;
    boost::asio::post(context, [this] { service_->put_keys("remote", certificates(first_), 8); });
    return true;
  });
  std::optional<http::Response> response;
  const http::Request request = make_token_request("grant_type=client_credentials&client_id=remote", present(second_));
  store::start_task(context, service_->handle(request), response);
  context.run();
  expect_refused(to_answer(response), 400, "invalid_client", "certificate_not_registered");
  EXPECT_EQ(asked_, 1);  // once, not once more for the second look
}

// A reload takes the client's keys away while a request waits for them.
TEST_F(ServiceJwksUri, LetsGoWhoWaitsWhenTheConfigurationChanges) {
  boost::asio::io_context context{1};
  publish_keys(certificates(first_), [&](std::uint64_t /*known*/) {
    boost::asio::post(context, [this] { service_->publish_keys({}); });
    return true;
  });
  std::optional<http::Response> response;
  const http::Request request = make_token_request("grant_type=client_credentials&client_id=remote", present(second_));
  store::start_task(context, service_->handle(request), response);
  context.run();
  expect_refused(to_answer(response), 400, "invalid_client", "certificate_not_registered");
}

TEST_F(ServiceJwksUri, AsksForNobodyElse) {
  publish_keys(certificates(first_));
  expect_refused(ask_token("inline", present(second_)), 400, "invalid_client", "certificate_not_registered");
  expect_refused(ask_token("etl", present(second_)), 400, "invalid_client", "anchor_not_for_client");
  expect_refused(ask_token("nobody", present(second_)), 400, "invalid_client", "client_unknown");
  EXPECT_EQ(asked_, 0);
}

TEST_F(ServiceJwksUri, IsNotMovedByKeysOfAClientThatIsNotPublished) {
  publish_keys(certificates(first_));
  service_->put_keys("inline", certificates(second_), 8);
  expect_refused(ask_token("inline", present(second_)), 400, "invalid_client", "certificate_not_registered");
}

}  // namespace certbound::oauth
