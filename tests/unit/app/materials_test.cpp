#include "app/materials.hpp"

#include <gtest/gtest.h>

#include "unit/app/files.hpp"

namespace certbound::app {

namespace {

using certbound::test::kNow;
using std::chrono::hours;

/// `error 21: trust_stores.partner.anchors[0]`: severity, line and key.
std::string brief(const config::Problem& problem) {
  return (problem.severity == config::Severity::error ? "error " : "warning ") + std::to_string(problem.line) + ": " +
         problem.key;
}

std::vector<std::string> briefs_of(const LoadedMaterials& loaded) {
  std::vector<std::string> briefs;
  for (const config::Problem& problem : loaded.problems) briefs.push_back(brief(problem));
  return briefs;
}

using Briefs = std::vector<std::string>;

certbound::test::Identity make_below(const certbound::test::Identity& issuer, WallTime not_after) {
  certbound::test::Shape shape;
  shape.role = x509::CertificateRole::server;
  shape.subject = {{"CN", "localhost"}};
  shape.not_after = not_after;
  return certbound::test::make_identity(shape, &issuer);
}

}  // namespace

TEST(LoadMaterials, LoadsWhatTheConfigurationNames) {
  const Files files;
  const LoadedMaterials loaded = load_materials(files.config(), kNow);

  ASSERT_TRUE(loaded.materials);
  EXPECT_TRUE(loaded.problems.empty());
  EXPECT_EQ(loaded.materials->server.chain.size(), 1U);
  const auto& store = loaded.materials->trust_stores.at("partner");
  EXPECT_EQ(store->anchors().size(), 1U);
  EXPECT_EQ(store->intermediates().size(), 1U);
  EXPECT_TRUE(store->is_strict());
}

// For the metric that warns before a certificate ends.
TEST(LoadMaterials, WatchesEveryCertificate) {
  const Files files;
  const auto loaded = load_materials(files.config(), kNow);
  ASSERT_TRUE(loaded.materials);
  const auto& watched = loaded.materials->certificates;
  ASSERT_EQ(watched.size(), 3U);
  EXPECT_EQ(watched[0].role, "server");
  EXPECT_EQ(watched[0].subject, "CN=localhost");
  EXPECT_EQ(watched[0].serial, files.server.certificate.serial_hex());
  EXPECT_EQ(watched[0].not_after, files.server.certificate.not_after());
  EXPECT_EQ(watched[1].role, "anchor");
  EXPECT_EQ(watched[1].name, "partner: partner.crt");
  EXPECT_EQ(watched[2].role, "intermediate");
}

// CVE-2026-27586: a file that cannot be read must not mean another set of CAs.
TEST(LoadMaterials, RefusesAMissingFileOfOutboundCas) {
  const Files files;
  config::Config config = files.config();
  config.fetch.ca_file = files.path("missing.crt");
  const LoadedMaterials loaded = load_materials(config, kNow);
  EXPECT_FALSE(loaded.materials);
  ASSERT_EQ(loaded.problems.size(), 1U);
  EXPECT_EQ(loaded.problems.front().key, "fetch.ca_file");
}

TEST(LoadMaterials, LoadsWhatOutboundRequestsTrust) {
  const Files files;
  config::Config config = files.config();
  config.fetch.ca_file = files.path("partner.crt");
  config.fetch.allow = {"jwks.partner.internal"};
  const LoadedMaterials loaded = load_materials(config, kNow);
  ASSERT_TRUE(loaded.materials);
  const auto url = fetch::parse_url("https://jwks.partner.internal/keys");
  ASSERT_TRUE(url);
  EXPECT_TRUE(loaded.materials->fetch->allow().allows(*url));
  EXPECT_TRUE(loaded.materials->fetch->tls());
}

TEST(LoadMaterials, NamesEveryMissingFileAtItsKey) {
  const Files files;
  config::Config config = files.config();
  config.tls.certificate = files.path("missing.crt");
  config.trust_stores[0].anchors = {files.path("partner.crt"), files.path("gone.crt")};
  config.trust_stores[0].intermediates = {files.path("gone-too.crt")};
  const auto loaded = load_materials(config, kNow);

  EXPECT_FALSE(loaded.materials);
  EXPECT_EQ(briefs_of(loaded), (Briefs{"error 10: tls.certificate", "error 22: trust_stores.partner.anchors[1]",
                                       "error 23: trust_stores.partner.intermediates[0]"}));
  EXPECT_EQ(loaded.problems[0].file, "certbound.yaml");
  EXPECT_EQ(loaded.problems[0].column, 3);
  EXPECT_NE(loaded.problems[1].message.find("gone.crt"), std::string::npos);
  EXPECT_NE(loaded.problems[1].message.find("No such file"), std::string::npos);
}

TEST(LoadMaterials, NamesTheKeyFileWhereThatIsAtFault) {
  const Files files;
  files.write("other.key", Files::key_pem(Files::make_server(kNow + hours{24 * 365})));
  config::Config config = files.config();
  config.tls.private_key = files.path("other.key");
  EXPECT_EQ(briefs_of(load_materials(config, kNow)), Briefs{"error 11: tls.private_key"});
  config.tls.private_key = files.path("missing.key");
  EXPECT_EQ(briefs_of(load_materials(config, kNow)), Briefs{"error 11: tls.private_key"});
}

TEST(LoadMaterials, TellsTheCertificateFromAKeyOfAlmostTheSameName) {
  const Files files;
  config::Config config = files.config();
  config.tls.certificate = files.path("server.key.crt");
  EXPECT_EQ(briefs_of(load_materials(config, kNow)), Briefs{"error 10: tls.certificate"});
}

TEST(LoadMaterials, RefusesAFileWithSomethingElse) {
  const Files files;
  files.write("partner.crt", "no certificate");
  EXPECT_EQ(briefs_of(load_materials(files.config(), kNow)), Briefs{"error 21: trust_stores.partner.anchors[0]"});
  files.write("partner.crt", Files::key_pem(files.partner));
  EXPECT_EQ(briefs_of(load_materials(files.config(), kNow)), Briefs{"error 21: trust_stores.partner.anchors[0]"});
}

// CVE-2026-27586: a store that cannot be used is an error, never an empty restriction.
TEST(LoadMaterials, RefusesAnAnchorThatIsNoAuthority) {
  const Files files;
  files.write("partner.crt", files.server.certificate.to_pem());
  const auto loaded = load_materials(files.config(), kNow);
  EXPECT_FALSE(loaded.materials);
  EXPECT_EQ(briefs_of(loaded), Briefs{"error 20: trust_stores.partner"});
}

TEST(LoadMaterials, WarnsThirtyDaysBeforeACertificateEnds) {
  const Files files;
  files.write("server.crt", files.server.certificate.to_pem());
  const WallTime end = files.server.certificate.not_after();
  EXPECT_TRUE(load_materials(files.config(), end - hours{24 * 30}).problems.empty());

  const auto loaded = load_materials(files.config(), end - hours{24 * 30} + std::chrono::seconds{1});
  EXPECT_TRUE(loaded.materials);
  EXPECT_EQ(briefs_of(loaded), (Briefs{"warning 10: tls.certificate", "warning 21: trust_stores.partner.anchors[0]",
                                       "warning 23: trust_stores.partner.intermediates[0]"}));
  EXPECT_NE(loaded.problems[0].message.find("expires at " + to_rfc3339(end)), std::string::npos);
}

TEST(LoadMaterials, RefusesAServerCertificateThatIsNotValidYetAndWarnsOfOthers) {
  const Files files;
  const auto loaded = load_materials(files.config(), files.server.certificate.not_before() - std::chrono::seconds{1});
  EXPECT_FALSE(loaded.materials);
  EXPECT_EQ(briefs_of(loaded), (Briefs{"error 10: tls.certificate", "warning 21: trust_stores.partner.anchors[0]",
                                       "warning 23: trust_stores.partner.intermediates[0]"}));
  EXPECT_NE(loaded.problems[0].message.find("is not valid before"), std::string::npos);
}

// A CA that ends takes the server's certificate with it; whether clients mind, they decide.
TEST(LoadMaterials, WatchesWhatTheServerSendsAlongAndWarnsOfIt) {
  const Files files;
  const auto below = make_below(files.issuing, kNow + hours{24 * 3650});
  files.write("server.crt", below.certificate.to_pem() + files.issuing.certificate.to_pem());
  files.write("server.key", Files::key_pem(below));
  const auto loaded = load_materials(files.config(), kNow);
  ASSERT_TRUE(loaded.materials);
  const auto& watched = loaded.materials->certificates;
  ASSERT_EQ(watched.size(), 4U);
  EXPECT_EQ(watched[0].role, "server");
  EXPECT_EQ(watched[1].role, "server_chain");
  EXPECT_EQ(watched[1].subject, "CN=Partner Issuing");
  EXPECT_EQ(watched[1].not_after, files.issuing.certificate.not_after());

  const auto later = load_materials(files.config(), kNow + hours{24 * 366});
  EXPECT_TRUE(later.materials);
  EXPECT_EQ(briefs_of(later).front(), "warning 10: tls.certificate");
  EXPECT_NE(later.problems[0].message.find("CN=Partner Issuing"), std::string::npos);
}

// Without its own certificate the server is none; a partner's CA that has ended concerns that partner.
TEST(LoadMaterials, RefusesAnExpiredServerCertificateAndWarnsOfOthers) {
  const Files files;
  const auto expired = Files::make_server(kNow - hours{1});
  files.write("server.crt", expired.certificate.to_pem());
  files.write("server.key", Files::key_pem(expired));
  const auto loaded = load_materials(files.config(), kNow);
  EXPECT_FALSE(loaded.materials);
  EXPECT_EQ(briefs_of(loaded), Briefs{"error 10: tls.certificate"});

  const auto longer = Files::make_server(kNow + hours{24 * 3650});
  files.write("server.crt", longer.certificate.to_pem());
  files.write("server.key", Files::key_pem(longer));
  const auto later = load_materials(files.config(), kNow + hours{24 * 366});
  EXPECT_TRUE(later.materials);
  EXPECT_EQ(briefs_of(later), (Briefs{"warning 21: trust_stores.partner.anchors[0]",
                                      "warning 23: trust_stores.partner.intermediates[0]"}));
  EXPECT_NE(later.problems[0].message.find("expired at"), std::string::npos);
}

}  // namespace certbound::app
