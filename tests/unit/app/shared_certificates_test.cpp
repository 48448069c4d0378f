#include "app/shared_certificates.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/app/files.hpp"

namespace certbound::app {

namespace {

using certbound::test::kNow;
using certbound::test::make_client;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// One trust store `partner` and what the tests declare.
class SharedCertificates : public ::testing::Test {
 protected:
  SharedCertificates() {
    config_.files = {"certbound.yaml"};
    auto store = x509::TrustStore::make("partner", {partner_.certificate}, {}, true);
    if (!store) throw std::runtime_error{store.error().detail};
    stores_.emplace("partner", *std::move(store));
  }

  /// Line n is client n.
  model::Client& add_client(const std::string& id) {
    config_.clients.emplace_back(*model::ClientId::parse(id));
    model::Client& client = config_.clients.back();
    const auto line = static_cast<std::uint32_t>(config_.clients.size());
    client.origin = {"yaml", "certbound.yaml:" + std::to_string(line)};
    config_.client_places.push_back({0, line, 5});
    return client;
  }

  void add_pki_client(const std::string& id, model::SubjectField field, const std::string& value,
                      const std::string& store = "partner") {
    model::Client& client = add_client(id);
    client.subject = model::RegisteredSubject{field, value};
    client.trust_store = store;
  }

  void register_certificate(const std::string& id, const x509::Certificate& certificate) {
    add_client(id).token_endpoint_auth_method = model::AuthMethod::self_signed_tls_client_auth;
    config_.issued_certificates.push_back({config_.clients.size() - 1, certificate.to_der()});
  }

  [[nodiscard]] std::vector<std::string> warnings(WallTime now = kNow) const {
    std::vector<std::string> lines;
    for (const config::Problem& problem : find_shared_certificates(config_, stores_, now)) {
      EXPECT_EQ(problem.severity, config::Severity::warning);
      lines.push_back(config::render(problem));
    }
    return lines;
  }

  test::Identity partner_ = test::make_root("Partner Root");
  config::Config config_;
  std::map<std::string, std::shared_ptr<const x509::TrustStore>, std::less<>> stores_;
};

}  // namespace

// Product section 5, rule 7.
TEST_F(SharedCertificates, NamesBothClientsOfACertificateThatMeetsASubject) {
  add_pki_client("etl", model::SubjectField::subject_dn, "cn=ETL-01");
  register_certificate("batch", make_client("etl-01", partner_).certificate);

  EXPECT_THAT(warnings(),
              ElementsAre("certbound.yaml:2:5: warning: clients.batch: a certificate of this client authenticates "
                          "client \"etl\" (certbound.yaml:1) too, by its subject and trust store \"partner\"; register "
                          "one certificate for one client"));
}

TEST_F(SharedCertificates, FindsAPatternAndASan) {
  add_pki_client("pattern", model::SubjectField::subject_dn_pattern, "CN=*.partner.example");
  add_pki_client("san", model::SubjectField::san_dns, "etl.partner.example");
  register_certificate(
      "batch",
      make_client("etl.partner.example", partner_, {{"subjectAltName", "DNS:etl.partner.example"}}).certificate);

  EXPECT_THAT(warnings(), ElementsAre(HasSubstr("client \"pattern\""), HasSubstr("client \"san\"")));
}

TEST_F(SharedCertificates, AnotherAuthoritysCertificateOfThatSubjectIsNotShared) {
  add_pki_client("etl", model::SubjectField::subject_dn, "CN=etl-01");
  register_certificate("batch", make_client("etl-01", test::make_root("Partner Root")).certificate);

  EXPECT_THAT(warnings(), IsEmpty());
}

TEST_F(SharedCertificates, AnotherSubjectAndAStoreThatIsNotLoadedAreNotShared) {
  add_pki_client("etl", model::SubjectField::subject_dn, "CN=etl-02");
  add_pki_client("elsewhere", model::SubjectField::subject_dn, "CN=etl-01", "missing");
  register_certificate("batch", make_client("etl-01", partner_).certificate);

  EXPECT_THAT(warnings(), IsEmpty());
}

TEST_F(SharedCertificates, ACertificateThatHasEndedAuthenticatesNobody) {
  add_pki_client("etl", model::SubjectField::subject_dn, "CN=etl-01");
  const auto certificate = make_client("etl-01", partner_).certificate;
  register_certificate("batch", certificate);

  EXPECT_EQ(warnings(certificate.not_after() - std::chrono::seconds{1}).size(), 1U);
  EXPECT_THAT(warnings(certificate.not_after()), IsEmpty());
}

TEST_F(SharedCertificates, WarnsOnceForEachPairOfClients) {
  add_pki_client("etl", model::SubjectField::subject_dn, "CN=etl-01");
  const auto certificate = make_client("etl-01", partner_).certificate;
  register_certificate("batch", certificate);
  config_.issued_certificates.push_back({1, make_client("etl-01", partner_).certificate.to_der()});
  register_certificate("second", certificate);

  EXPECT_THAT(warnings(), ElementsAre(HasSubstr("clients.batch: "), HasSubstr("clients.second: ")));
}

}  // namespace certbound::app
