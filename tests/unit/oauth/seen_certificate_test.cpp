#include "unit/oauth/service_fixture.hpp"

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

TEST_F(ServiceSeen, NotesNothingOfARefusal) {
  ASSERT_NE(ask_token("other", present(etl_)).status, 200);
  EXPECT_EQ(seen_of("other"), std::nullopt);
}

}  // namespace certbound::oauth
