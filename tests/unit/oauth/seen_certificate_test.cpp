#include "unit/oauth/client_key.hpp"

namespace certbound::oauth {

/// What a client's registration knows of the certificates that it came with.
class ServiceSeen : public ServiceFixture {
 protected:
  ServiceSeen() { start({make_registration("etl"), make_registration("other")}); }

  /// After everything that was noted is stored.
  std::optional<store::SeenCertificate> seen_of(const std::string& id) {
    seen_->stop();
    return value_or_throw(store_->seen_certificates().find_seen(*model::ClientId::parse(id)));
  }
};

TEST_F(ServiceSeen, NotesTheCertificateOfATokenThatWasGranted) {
  ASSERT_EQ(ask_token("etl", present(etl_)).status, 200);
  const auto seen = seen_of("etl");
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->x5t_s256, x509::x5t_s256(etl_.certificate));
  EXPECT_EQ(seen->serial, etl_.certificate.serial_hex());
  EXPECT_EQ(seen->not_after, etl_.certificate.not_after());
  EXPECT_EQ(seen->first_seen, test::kNow);
  EXPECT_EQ(seen->last_seen, test::kNow);
}

// RFC 8705 section 3: a certificate that tokens are bound to is none that the client has to renew.
TEST_F(ServiceSeen, NotesNoCertificateThatIsOnlyBoundTo) {
  const ClientKey key;
  model::Client client = make_jwt_registration("batch", key);
  client.certificate_binding = model::BindingRule::required;
  start({client});
  const std::string assertion = assertion_parameters(key.assertion("batch"));
  const Answer answer = ask_token("batch", present(make_self_signed("for this connection")), assertion);
  ASSERT_EQ(answer.status, 200) << answer.text;
  EXPECT_EQ(seen_of("batch"), std::nullopt);
}

TEST_F(ServiceSeen, NotesNothingOfARefusal) {
  ASSERT_NE(ask_token("other", present(etl_)).status, 200);
  EXPECT_EQ(seen_of("other"), std::nullopt);
}

}  // namespace certbound::oauth
