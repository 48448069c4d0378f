#include "unit/oauth/token_endpoint_fixture.hpp"

namespace certbound::oauth {

class Revoke : public TokenEndpointFixture {};

// RFC 7009 sections 2.1 and 2.2 (7009-2-1, 7009-2.1-4).
TEST_F(Revoke, TakesATokenOutOfServiceAtOnce) {
  const std::string token = token_of(ask_token("etl", present(etl_)));
  const std::string sibling = token_of(ask_token("etl", present(etl_)));
  ASSERT_TRUE(is_active_for_orders(token));
  const Answer answer = revoke("etl", token);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.text, "");
  EXPECT_EQ(answer.header("Cache-Control"), "no-store");
  EXPECT_EQ(introspect("orders-api", token).text, R"({"active":false})");
  EXPECT_EQ(records().back()["token_state"], "denied");
  EXPECT_TRUE(is_active_for_orders(sibling));
}

TEST_F(Revoke, StoresTheDenialForAsLongAsTheTokenWouldHaveLived) {
  const Json claims = claims_of(ask_token("etl", present(etl_)));
  (void)revoke("etl", token_of(ask_token("etl", present(etl_))));
  const auto stored = store::load_denials(store_->denials());
  ASSERT_TRUE(stored);
  ASSERT_EQ(stored->size(), 1U);
  EXPECT_EQ(stored->front().kind, model::DenialKind::jti);
  EXPECT_EQ(unix_seconds(*stored->front().until - model::kVerifierSlack), claims["exp"]);
  EXPECT_EQ(stored->front().origin, model::DenialOrigin::by_client);
  EXPECT_EQ(stored->front().revoked_by, "etl");
}

// 7009-2.2-1: what means nothing is no error. D12: but another client's token is.
TEST_F(Revoke, AnswersWhatIsNoTokenAsDone) {
  for (const char* token : {"nonsense", "a.b.c", "%7B%7D"}) EXPECT_EQ(revoke("etl", token).status, 200) << token;
  EXPECT_EQ(records().back()["token_state"], "unknown");
  const std::string token = token_of(ask_token("etl", present(etl_)));
  EXPECT_EQ(revoke("etl", token).status, 200);
  EXPECT_EQ(revoke("etl", token).status, 200);
  EXPECT_EQ(records().back()["token_state"], "denied");
  const std::string old = token_of(ask_token("etl", present(etl_)));
  FakeClock::now += std::chrono::hours{1};
  EXPECT_EQ(revoke("etl", old).status, 200);
  EXPECT_EQ(records().back()["token_state"], "expired");
  EXPECT_EQ(denied()->size(), 1U);
}

// 7009-2.1-3, D12.
TEST_F(Revoke, RefusesATokenOfAnotherClient) {
  const std::string token = token_of(ask_token("etl", present(etl_)));
  for (const char* caller : {"other", "orders-api"}) {
    expect_refused(revoke(caller, token), 400, "unauthorized_client", "token_not_owned");
  }
  EXPECT_TRUE(is_active_for_orders(token));
}

// RFC 7009 section 2.2: a token that is not valid is no error, whosever it was.
TEST_F(Revoke, HasNothingToRefuseWhereATokenIsOver) {
  const std::string expired = token_of(ask_token("etl", present(etl_)));
  FakeClock::now += std::chrono::hours{1};
  EXPECT_EQ(revoke("other", expired).status, 200);
  const std::string revoked = token_of(ask_token("etl", present(etl_)));
  EXPECT_EQ(revoke("etl", revoked).status, 200);
  EXPECT_EQ(revoke("other", revoked).status, 200);
  EXPECT_EQ(records().back()["token_state"], "denied");
}

// RFC 7009 section 2.2: 200 means for good, whatever else denied the token when it was revoked and does no more.
TEST_F(Revoke, OutlivesTheDenialThatWasThereBefore) {
  const std::string token = token_of(ask_token("etl", present(etl_)));
  FakeClock::now += std::chrono::seconds{1};
  const std::uint64_t id = deny(model::DenialKind::client, "etl", FakeClock::now);
  EXPECT_EQ(revoke("etl", token).status, 200);
  EXPECT_EQ(records().back()["token_state"], "denied");
  EXPECT_EQ(denied()->size(), 2U);
  take_back(id);
  EXPECT_FALSE(is_active_for_orders(token));
}

// 7009-2.1-5.
TEST_F(Revoke, DoesNotNeedTheHint) {
  for (const char* hint : {"access_token", "refresh_token", "banana"}) {
    const std::string token = token_of(ask_token("etl", present(etl_)));
    EXPECT_EQ(revoke("etl", token, "&token_type_hint=" + std::string{hint}).status, 200) << hint;
    EXPECT_FALSE(is_active_for_orders(token)) << hint;
  }
}

// 7009-2.1-1.
TEST_F(Revoke, NeedsAToken) { expect_refused(revoke("etl", ""), 400, "invalid_request", "missing_parameter"); }

// 7009-2.1-2, 8705-2-9: the client authenticates first.
TEST_F(Revoke, DoesNothingForWhoDoesNotAuthenticate) {
  const std::string token = token_of(ask_token("etl", present(etl_)));
  const auto ask_as = [&](PeerChain peer) {
    return ask(make_client_request("/oauth2/revoke", "etl", std::move(peer), "&token=" + token));
  };
  expect_refused(ask_as(nullptr), 400, "invalid_client", "certificate_missing");
  expect_refused(ask_as(peer_of("other")), 400, "invalid_client", "subject_mismatch");
  EXPECT_TRUE(is_active_for_orders(token));
}

// 7009-2.2-2: 503 means that the token is as it was.
TEST_F(Revoke, SaysSoWhereTheDenialCannotBeStored) {
  const std::string token = token_of(ask_token("etl", present(etl_)));
  denials_->stop();
  const Answer answer = revoke("etl", token);
  expect_refused(answer, 503, "temporarily_unavailable", "overloaded");
  EXPECT_EQ(answer.header("Retry-After"), "1");
  EXPECT_TRUE(is_active_for_orders(token));
}

// 7009-2.2-2: one client cannot take the room of the others; its token is as it was.
TEST_F(Revoke, IsBoundedForEachClient) {
  for (std::size_t i = 0; i < store::DenialLimits{}.of_one_client; ++i) {
    model::Denial denial;
    denial.subject = "jti-" + std::to_string(i);
    denial.until = FakeClock::now + std::chrono::minutes{5};
    denial.origin = model::DenialOrigin::by_client;
    denial.revoked_by = "etl";
    denials_->add(std::move(denial), [](const Result<model::Denial>&) {});
  }
  const std::string token = token_of(ask_token("etl", present(etl_)));
  const Answer answer = revoke("etl", token);
  expect_refused(answer, 503, "temporarily_unavailable", "denials_full");
  EXPECT_EQ(answer.header("Retry-After"), "60");
  EXPECT_TRUE(is_active_for_orders(token));
  const std::string other = token_of(ask_token("other", peer_of("other")));
  EXPECT_EQ(revoke("other", other).status, 200);
  EXPECT_FALSE(is_active_for_orders(other));
}

TEST_F(Revoke, IsRecordedAndCounted) {
  const Answer granted = ask_token("etl", present(etl_));
  (void)revoke("etl", token_of(granted));
  const Json record = records().back();
  EXPECT_EQ(record["endpoint"], "revocation");
  EXPECT_EQ(record["token_state"], "revoked");
  EXPECT_EQ(record["denial"], store::load_denials(store_->denials())->front().id);
  EXPECT_EQ(record["jti"], claims_of(granted)["jti"]);
  (void)revoke("etl", "nonsense");
  EXPECT_NE(registry_.render_text().find("certbound_tokens_revoked_total 1"), std::string::npos);
}

class Deny : public TokenEndpointFixture {};

// lessons.md: one judgement over every source of denial.
TEST_F(Deny, EndsTokensByWhateverNamesThem) {
  const std::string token = token_of(ask_token("etl", present(etl_)));
  deny(model::DenialKind::client, "other");
  deny(model::DenialKind::issued_before, "", FakeClock::now);
  EXPECT_TRUE(is_active_for_orders(token));
  deny(model::DenialKind::client, "etl", FakeClock::now + std::chrono::seconds{1});
  EXPECT_FALSE(is_active_for_orders(token));
  FakeClock::now += std::chrono::seconds{1};
  const std::string later = token_of(ask_token("etl", present(etl_)));
  EXPECT_TRUE(is_active_for_orders(later));
  deny(model::DenialKind::thumbprint, x509::x5t_s256(etl_.certificate), FakeClock::now + std::chrono::seconds{1});
  EXPECT_FALSE(is_active_for_orders(later));
}

// It would get tokens that are dead already. The answer does not say why.
TEST_F(Deny, KeepsAClientThatIsOutOfServiceFromAuthenticatingAnywhere) {
  const std::string token = token_of(ask_token("other", peer_of("other")));
  deny(model::DenialKind::client, "other");
  const Answer answer = ask_token("other", peer_of("other"));
  expect_refused(answer, 400, "invalid_client", "client_denied");
  EXPECT_EQ(answer.text, ask_token("nobody", peer_of("other")).text);
  expect_refused(revoke("other", token), 400, "invalid_client", "client_denied");
  deny(model::DenialKind::client, "orders-api");
  expect_refused(introspect("orders-api", token), 401, "invalid_client", "client_denied");
  EXPECT_EQ(ask_token("etl", present(etl_)).status, 200);
}

TEST_F(Deny, KeepsACertificateThatIsOutOfServiceFromAuthenticating) {
  deny(model::DenialKind::thumbprint, x509::x5t_s256(etl_.certificate));
  expect_refused(ask_token("etl", present(etl_)), 400, "invalid_client", "certificate_denied");
  EXPECT_EQ(ask_token("etl", present(test::make_client("etl", root_))).status, 200);
}

}  // namespace certbound::oauth
