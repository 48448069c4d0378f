#include <gmock/gmock.h>

#include "support/ocsp.hpp"
#include "unit/oauth/service_fixture.hpp"

namespace certbound::oauth {

namespace {

using std::chrono::seconds;
using test::OcspShape;
using x509::OcspOutcome;
using x509::OcspQuestion;
using x509::OcspStatus;
using x509::RevocationMode;

}  // namespace

/// A trust store that asks by OCSP, and a responder that answers what a test wants.
class OcspFlow : public ServiceFixture {
 protected:
  void start_in(RevocationMode mode) {
    x509::OcspOptions options;
    options.source = x509::OcspSource::responder;
    options.responder = "http://ocsp.example/";
    auto& store = snapshot_.trust_stores["partner"];
    store = store->with_revocation({mode, {}, options});
    start({make_registration("etl")});
  }
  void answer_with(OcspStatus status, std::chrono::seconds lifetime = std::chrono::hours{1}) {
    ocsp_.answer = [this, status, lifetime](const OcspQuestion& question) {
      OcspShape shape;
      shape.status = status;
      shape.this_update = FakeClock::now;
      shape.produced_at = FakeClock::now;
      shape.next_update = FakeClock::now + lifetime;
      const Bytes response = test::make_ocsp_response(question, root_, shape);
      return OcspOutcome::of_answer(value_or_throw(verify_ocsp_response(response, question, {}, FakeClock::now)),
                                    FakeClock::now);
    };
  }
  void fail() {
    ocsp_.answer = [](const OcspQuestion&) { return OcspOutcome::of_failure("down", FakeClock::now, seconds{10}); };
  }
  [[nodiscard]] int status() { return ask_token("etl", present(etl_)).status; }
};

TEST_F(OcspFlow, AsksOnceForManyRequests) {
  start_in(RevocationMode::require);
  answer_with(OcspStatus::good);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(status(), 200);
  EXPECT_EQ(ocsp_.asked, 1U);
  EXPECT_EQ(ocsp_.last_options.responder, "http://ocsp.example/");
  EXPECT_EQ(metrics_.verification_hits.value(), 2);
}

TEST_F(OcspFlow, AsksAgainWhenTheAnswerHasEnded) {
  start_in(RevocationMode::require);
  answer_with(OcspStatus::good, seconds{60});
  EXPECT_EQ(status(), 200);
  FakeClock::now += seconds{59};
  EXPECT_EQ(status(), 200);
  EXPECT_EQ(ocsp_.asked, 1U);
  FakeClock::now += seconds{1};
  answer_with(OcspStatus::revoked);
  expect_refused(ask_token("etl", present(etl_)), 400, "invalid_client", "certificate_revoked");
  EXPECT_EQ(ocsp_.asked, 2U);
}

TEST_F(OcspFlow, RefusesWhatIsRevokedInBothModes) {
  for (const RevocationMode mode : {RevocationMode::soft_fail, RevocationMode::require}) {
    start_in(mode);
    answer_with(OcspStatus::revoked);
    expect_refused(ask_token("etl", present(etl_)), 400, "invalid_client", "certificate_revoked");
  }
}

TEST_F(OcspFlow, RequireRefusesWhatNobodyKnowsAndRemembersThatForAWhile) {
  start_in(RevocationMode::require);
  for (const bool is_silent : {true, false}) {
    ocsp_.asked = 0;
    if (is_silent) {
      fail();
    } else {
      answer_with(OcspStatus::unknown);
    }
    for (int i = 0; i < 3; ++i) {
      expect_refused(ask_token("etl", present(etl_)), 400, "invalid_client", "revocation_unknown");
    }
    EXPECT_EQ(ocsp_.asked, 1U);
    FakeClock::now += x509::kOcspPause;
  }
  answer_with(OcspStatus::good);
  EXPECT_EQ(status(), 200);
}

TEST_F(OcspFlow, SoftFailAcceptsWhatNobodyKnowsAndCountsIt) {
  start_in(RevocationMode::soft_fail);
  fail();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(status(), 200);
  EXPECT_EQ(ocsp_.asked, 1U);
  EXPECT_EQ(metrics_.unknown_revocations.value(), 1);
  // The responder is back: what it says counts at once when it is asked again.
  FakeClock::now += seconds{10};
  answer_with(OcspStatus::revoked);
  EXPECT_EQ(status(), 400);
}

TEST_F(OcspFlow, AResponderThatFallsSilentBringsNothingRevokedBack) {
  start_in(RevocationMode::soft_fail);
  answer_with(OcspStatus::revoked, seconds{60});
  EXPECT_EQ(status(), 400);
  FakeClock::now += seconds{60};
  fail();
  expect_refused(ask_token("etl", present(etl_)), 400, "invalid_client", "certificate_revoked");
  EXPECT_EQ(ocsp_.asked, 2U);
}

TEST_F(OcspFlow, NobodyIsAskedWithoutAPath) {
  start_in(RevocationMode::require);
  answer_with(OcspStatus::good);
  expect_refused(ask_token("etl", present(test::make_client("etl", rival_root_))), 400, "invalid_client",
                 "anchor_not_for_client");
  EXPECT_EQ(ocsp_.asked, 0U);
  start_in(RevocationMode::off);
  EXPECT_EQ(status(), 200);
  EXPECT_EQ(ocsp_.asked, 0U);
}

TEST_F(OcspFlow, AReloadAsksAgain) {
  start_in(RevocationMode::require);
  fail();
  EXPECT_EQ(status(), 400);
  publish();
  answer_with(OcspStatus::good);
  EXPECT_EQ(status(), 200);
  publish();
  EXPECT_EQ(status(), 200);
  EXPECT_EQ(ocsp_.asked, 3U);
  publish();
  answer_with(OcspStatus::revoked);
  EXPECT_EQ(status(), 400);
  publish();
  EXPECT_EQ(status(), 400);
  EXPECT_EQ(ocsp_.asked, 4U);
}

// The request is decided by the configuration that is in use when the answer has come.
TEST_F(OcspFlow, AReloadWhileARequestWaitsForItsAnswerCounts) {
  start_in(RevocationMode::require);
  answer_with(OcspStatus::good);
  const auto answer = ocsp_.answer;
  const auto partner = snapshot_.trust_stores["partner"];
  ocsp_.answer = [&](const OcspQuestion& question) {
    snapshot_.trust_stores["partner"] = make_store("partner", rival_root_);
    publish();
    return answer(question);
  };
  expect_refused(ask_token("etl", present(etl_)), 400, "invalid_client", "issuer_missing");
  EXPECT_EQ(ocsp_.asked, 1U);

  snapshot_.trust_stores["partner"] = partner;
  publish();
  ocsp_.answer = [&](const OcspQuestion& question) {
    publish();
    return answer(question);
  };
  EXPECT_EQ(status(), 200);
  EXPECT_EQ(ocsp_.asked, 2U);
}

// A token that ends while its server's certificate is asked about is not active any more.
TEST_F(OcspFlow, ATokenIsJudgedWhenItsServerIsKnown) {
  snapshot_.resources.find(kOrders)->second.introspection_clients = {"etl"};
  start_in(RevocationMode::require);
  answer_with(OcspStatus::good, seconds{60});
  const std::string token = ask_token("etl", present(etl_)).body.value("access_token", "");
  const auto good = ocsp_.answer;
  const auto introspect_while = [&](seconds waited) {
    ocsp_.answer = [&good, waited](const OcspQuestion& question) {
      auto outcome = good(question);
      FakeClock::now += waited;
      return outcome;
    };
    return ask(make_client_request("/oauth2/introspect", "etl", present(etl_), "&token=" + token)).text;
  };
  FakeClock::now += seconds{200};
  EXPECT_NE(introspect_while(seconds{3}).find("\"active\":true"), std::string::npos);
  FakeClock::now += seconds{90};
  EXPECT_EQ(introspect_while(seconds{10}), R"({"active":false})");
  EXPECT_EQ(records().back()["token_state"], "expired");
  EXPECT_EQ(ocsp_.asked, 3U);
}

TEST_F(OcspFlow, NobodyIsAskedForAnothersCertificate) {
  start_in(RevocationMode::require);
  answer_with(OcspStatus::good);
  expect_refused(ask_token("etl", present(test::make_client("other", root_))), 400, "invalid_client",
                 "subject_mismatch");
  EXPECT_EQ(ocsp_.asked, 0U);
}

// A source that brings nothing that holds, however often it is asked: then nobody tells.
TEST_F(OcspFlow, DoesNotAskWithoutEnd) {
  for (const RevocationMode mode : {RevocationMode::soft_fail, RevocationMode::require}) {
    start_in(mode);
    ocsp_.asked = 0;
    ocsp_.answer = [](const OcspQuestion&) { return OcspOutcome(); };
    EXPECT_EQ(status(), mode == RevocationMode::require ? 400 : 200);
    EXPECT_EQ(ocsp_.asked, 2U);
  }
  EXPECT_EQ(last_reason(), "revocation_unknown");
}

}  // namespace certbound::oauth
