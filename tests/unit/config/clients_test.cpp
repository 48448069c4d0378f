#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "config/load.hpp"
#include "jose/jwk.hpp"
#include "support/pki.hpp"
#include "unit/config/memory_files.hpp"
#include "x509/validity.hpp"

namespace certbound::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A main file with two resources, a trust store and the clients.
std::string with_clients(const std::string& clients) {
  return std::string{kMinimal} +
         "resources:\n"
         "  - {identifier: https://a.example, scopes: [read, write]}\n"
         "  - {identifier: https://b.example, scopes: [read, print]}\n"
         "  - {identifier: https://c.example}\n"
         "trust_stores: {partner: {anchors: [a.crt]}}\n"
         "clients:\n" +
         clients;
}

Loaded load_clients(const std::string& clients) {
  const MemoryFiles files;
  return files.load(with_clients(clients));
}

/// One PKI client with further options.
std::string pki_client(const std::string& id, const std::string& more) {
  return "  - {client_id: " + id + ", token_endpoint_auth_method: tls_client_auth, trust_store: partner, " + more +
         "}\n";
}

Loaded load_fixture_clients(const std::string& name) {
  return load(std::filesystem::path{CERTBOUND_FIXTURES} / "config/valid" / name);
}

TEST(LoadClients, KeepsEachSubjectField) {
  const Loaded loaded =
      load_clients(pki_client("dn", "tls_client_auth_subject_dn: \"CN=a,O=b\", scope: read") +
                   pki_client("pattern", "tls_client_auth_subject_dn_pattern: \"CN=*\", scope: read") +
                   pki_client("dns", "tls_client_auth_san_dns: a.example, scope: read") +
                   pki_client("uri", "tls_client_auth_san_uri: \"spiffe://x/y\", scope: read") +
                   pki_client("ip", "tls_client_auth_san_ip: 192.0.2.1, scope: read") +
                   pki_client("email", "tls_client_auth_san_email: \"a@b.example\", scope: read"));
  EXPECT_THAT(rendered(loaded), IsEmpty());
  ASSERT_TRUE(loaded.config);
  ASSERT_EQ(loaded.config->clients.size(), 6U);
  const auto subject = [&](std::size_t i) { return *loaded.config->clients[i].subject; };
  EXPECT_EQ(subject(0), (model::RegisteredSubject{model::SubjectField::subject_dn, "CN=a,O=b"}));
  EXPECT_EQ(subject(1), (model::RegisteredSubject{model::SubjectField::subject_dn_pattern, "CN=*"}));
  EXPECT_EQ(subject(2), (model::RegisteredSubject{model::SubjectField::san_dns, "a.example"}));
  EXPECT_EQ(subject(3), (model::RegisteredSubject{model::SubjectField::san_uri, "spiffe://x/y"}));
  EXPECT_EQ(subject(4), (model::RegisteredSubject{model::SubjectField::san_ip, "192.0.2.1"}));
  EXPECT_EQ(subject(5), (model::RegisteredSubject{model::SubjectField::san_email, "a@b.example"}));
  EXPECT_EQ(loaded.config->clients[0].trust_store, "partner");
}

// RFC 8705 section 3.4: bound unless said otherwise, for the two TLS methods.
TEST(LoadClients, BindsTokensUnlessSaidOtherwise) {
  const Loaded loaded = load_clients(pki_client("a", "tls_client_auth_san_dns: a.example, scope: read") +
                                     pki_client("b",
                                                "tls_client_auth_san_dns: b.example, scope: read, "
                                                "tls_client_certificate_bound_access_tokens: false"));
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(loaded.config->clients[0].certificate_binding, model::BindingRule::required);
  EXPECT_EQ(loaded.config->clients[1].certificate_binding, model::BindingRule::never);
  EXPECT_THAT(loaded.config->clients[0].grant_types, ElementsAre("client_credentials"));
}

TEST(LoadClients, RefusesABindingInQuotes) {
  EXPECT_THAT(rendered(load_clients(pki_client("a",
                                               "tls_client_auth_san_dns: a.example, scope: read, "
                                               "tls_client_certificate_bound_access_tokens: \"true\""))),
              ElementsAre("main.yaml:10:180: clients[0] (a): tls_client_certificate_bound_access_tokens: \"true\" is "
                          "not a boolean; write true or false, without quotes"));
}

TEST(LoadClients, KeepsTheResourcesInTheOrderWritten) {
  const Loaded loaded = load_clients(pki_client(
      "a",
      "tls_client_auth_san_dns: a.example, scope: print, resources: [\"https://b.example\", \"https://a.example\"]"));
  ASSERT_TRUE(loaded.config);
  EXPECT_THAT(loaded.config->clients[0].resources, ElementsAre("https://b.example", "https://a.example"));
}

TEST(LoadClients, TakesTheResourcesThatUnderstandTheScopeWhereNoneIsNamed) {
  const Loaded loaded = load_clients(pki_client("a", "tls_client_auth_san_dns: a.example, scope: write") +
                                     pki_client("b", "tls_client_auth_san_dns: b.example, scope: read"));
  ASSERT_TRUE(loaded.config);
  EXPECT_THAT(loaded.config->clients[0].resources, ElementsAre("https://a.example"));
  EXPECT_THAT(loaded.config->clients[1].resources, ElementsAre("https://a.example", "https://b.example"));
}

TEST(LoadClients, LetsAClientDoWithoutScopeWhereItsResourceIsNamed) {
  const Loaded loaded =
      load_clients(pki_client("a", "tls_client_auth_san_dns: a.example, resources: [\"https://c.example\"]"));
  ASSERT_TRUE(loaded.config);
  EXPECT_TRUE(loaded.config->clients[0].scope.is_empty());
}

TEST(LoadClients, RefusesARepeatedClientId) {
  EXPECT_THAT(rendered(load_clients(pki_client("a", "tls_client_auth_san_dns: a.example, scope: read") +
                                    pki_client("a", "tls_client_auth_san_dns: b.example, scope: read"))),
              ElementsAre("main.yaml:11:17: clients[1] (a): client_id: \"a\" stands twice; the first is at "
                          "main.yaml:10:17, remove one"));
}

// product.md section 5, rule 7.
TEST(LoadClients, WarnsOfTwoClientsWithOneSubjectOfOneTrustStore) {
  const Loaded loaded = load_clients(pki_client("a", "tls_client_auth_san_dns: A.example, scope: read") +
                                     pki_client("b", "tls_client_auth_san_dns: a.EXAMPLE, scope: read") +
                                     pki_client("c", "tls_client_auth_san_uri: \"https://a.example\", scope: read"));
  EXPECT_TRUE(loaded.config);
  EXPECT_THAT(rendered(loaded),
              ElementsAre("main.yaml:11:5: warning: clients[1] (b): a certificate of this client authenticates client "
                          "\"a\" (main.yaml:10) too; register one certificate for one client"));
}

TEST(LoadClients, TakesAWildcardForALiteral) {
  const Loaded loaded = load_clients(pki_client("a", "tls_client_auth_subject_dn: \"CN=*.a.example\", scope: read"));
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(loaded.config->clients[0].subject->value, "CN=*.a.example");
}

/// The problems of two clients, each with a subject; the second one's trust store has the anchors given.
std::vector<std::string> problems_of_two(const std::string& first, const std::string& second,
                                         const std::string& second_anchors = "a.crt") {
  const MemoryFiles files;
  const Loaded loaded =
      files.load(std::string{kMinimal} +
                 "resources: [{identifier: https://api.example.com, scopes: [read]}]\n"
                 "trust_stores: {one: {anchors: [a.crt, b.crt]}, two: {anchors: [" +
                 second_anchors +
                 "]}}\n"
                 "clients:\n"
                 "  - {client_id: a, token_endpoint_auth_method: tls_client_auth, scope: read, trust_store: one, " +
                 first +
                 "}\n"
                 "  - {client_id: b, token_endpoint_auth_method: tls_client_auth, scope: read, trust_store: two, " +
                 second + "}\n");
  std::vector<std::string> problems = rendered(loaded);
  EXPECT_EQ(loaded.config.has_value(), problems.empty() || problems.front().find("warning: ") != std::string::npos);
  return problems;
}

std::string dn(const std::string& value) { return "tls_client_auth_subject_dn: \"" + value + "\""; }
std::string dn_pattern(const std::string& value) { return "tls_client_auth_subject_dn_pattern: \"" + value + "\""; }

// Product section 5, rule 3.
TEST(LoadClients, RefusesAPatternThatMatchesTheSubjectOfAnotherClient) {
  const std::string key = ": tls_client_auth_subject_dn_pattern: ";
  EXPECT_THAT(problems_of_two(dn("CN=etl.p.example,O=P"), dn_pattern("CN=*.P.example,O=p")),
              ElementsAre("main.yaml:8:132: clients[1] (b)" + key +
                          "a certificate with the subject \"CN=etl.p.example,O=P\" authenticates client \"a\" "
                          "(main.yaml:7) too; narrow the pattern, or give one of the two another trust store"));
  EXPECT_THAT(problems_of_two(dn_pattern("CN=*"), dn("CN=etl")),
              ElementsAre(testing::AllOf(testing::StartsWith("main.yaml:7:132: clients[0] (a)" + key),
                                         HasSubstr("\"CN=etl\" authenticates client \"b\" (main.yaml:8)"))));
  EXPECT_THAT(problems_of_two(dn_pattern("CN=*.p.example,O=*"), dn_pattern("CN=*,O=P")),
              ElementsAre(testing::AllOf(testing::StartsWith("main.yaml:8:132: clients[1] (b)" + key),
                                         HasSubstr("\"CN=a.p.example,O=P\" authenticates client \"a\""))));
  EXPECT_THAT(problems_of_two(dn_pattern("CN=*"), dn_pattern("cn=*")), testing::SizeIs(1)) << "an error, no warning";
}

TEST(LoadClients, TakesPatternsAndSubjectsThatNoCertificateHasTogether) {
  EXPECT_THAT(problems_of_two(dn("CN=etl.q.example,O=P"), dn_pattern("CN=*.p.example,O=P")), IsEmpty());
  EXPECT_THAT(problems_of_two(dn_pattern("CN=*.q.example,O=P"), dn_pattern("CN=*.p.example,O=P")), IsEmpty());
  EXPECT_THAT(problems_of_two(dn("CN=*.p.example"), dn_pattern("CN=*.p.example")), IsEmpty()) << "there a literal";
  EXPECT_THAT(problems_of_two("tls_client_auth_san_dns: a.p.example", dn_pattern("CN=*.p.example")), IsEmpty());
}

// As for rule 7: by the anchors.
TEST(LoadClients, ComparesPatternsOfTrustStoresThatShareAnAnchor) {
  for (const char* anchors : {"./a.crt", "c.crt, b.crt", "b.crt, a.crt, a.crt"}) {
    EXPECT_THAT(problems_of_two(dn("CN=etl"), dn_pattern("CN=*"), anchors), testing::SizeIs(1)) << anchors;
    EXPECT_THAT(problems_of_two(dn_pattern("CN=etl,O=*"), dn_pattern("CN=*,O=x"), anchors), testing::SizeIs(1));
  }
  EXPECT_THAT(problems_of_two(dn("CN=etl"), dn_pattern("CN=*"), "c.crt"), IsEmpty());
  EXPECT_THAT(problems_of_two(dn_pattern("CN=*"), dn_pattern("CN=*"), "c.crt"), IsEmpty());
}

TEST(LoadClients, CountsTheSubjectsThatAPatternMatches) {
  std::string clients = pki_client("fleet", "tls_client_auth_subject_dn_pattern: \"CN=*,O=P\", scope: read");
  for (int i = 0; i < 1500; ++i) {
    clients += pki_client("client-" + std::to_string(i),
                          "tls_client_auth_subject_dn: \"CN=host-" + std::to_string(i) + ",O=P\", scope: read");
  }
  EXPECT_THAT(rendered(load_clients(clients)),
              ElementsAre(HasSubstr("client \"client-0\" (main.yaml:11) too, and 1499 more likewise;")));
}

// The place is known when the included file's nodes are gone.
TEST(LoadClients, RefusesAPatternOfAnIncludedFile) {
  MemoryFiles files;
  files.files["clients.d/a.yaml"] = "clients:\n" + pki_client("fleet", dn_pattern("CN=*") + ", scope: read");
  const auto problems = rendered(
      files.load(with_clients(pki_client("etl", dn("CN=etl") + ", scope: read")) + "include: [clients.d/*]\n"));
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_THAT(problems.front(), testing::StartsWith("clients.d/a.yaml:2:"));
  EXPECT_THAT(problems.front(), HasSubstr("authenticates client \"etl\" (main.yaml:10) too"));
}

// Decision D5 of the conformance table: a file, x5c or x5t#S256 stands for that certificate, a bare key for its RFC
// 7638 thumbprint.
TEST(LoadClients, TakesCertificatesAndKeysOfAJwkSet) {
  const Loaded loaded = load_fixture_clients("jwks.yaml");
  ASSERT_TRUE(loaded.config);
  const auto& clients = loaded.config->clients;
  ASSERT_EQ(clients.size(), 4U);
  EXPECT_THAT(clients[0].key_thumbprints, ElementsAre("_BqXi0KhZmS4yZCXJBepkKjVXplBAFdFszdJVOjs_s0"));
  EXPECT_THAT(clients[0].certificate_thumbprints, IsEmpty());
  EXPECT_THAT(clients[1].certificate_thumbprints, ElementsAre("KYifdGUUXGih9IHsM61xP1We-K3mHsiGEjm-NtpQzuw"));
  EXPECT_THAT(clients[1].key_thumbprints, IsEmpty());
  EXPECT_THAT(clients[2].certificate_thumbprints, ElementsAre("e74pOM8f6sOnFDuc4DTyJNAtwcyPur_qQ5R0i_wDBPw"));
  EXPECT_THAT(clients[2].key_thumbprints, IsEmpty());
  EXPECT_THAT(clients[2].jwks_uri, IsEmpty());
  EXPECT_EQ(clients[3].jwks_uri, "https://partner.example/jwks.json?client=7");
  EXPECT_THAT(clients[3].certificate_thumbprints, IsEmpty());
}

TEST(LoadClients, TakesEveryCertificateOfAFile) {
  const Loaded loaded = load_fixture_clients("warnings.yaml");
  ASSERT_TRUE(loaded.config);
  EXPECT_THAT(
      loaded.config->clients[3].certificate_thumbprints,
      ElementsAre("e74pOM8f6sOnFDuc4DTyJNAtwcyPur_qQ5R0i_wDBPw", "KYifdGUUXGih9IHsM61xP1We-K3mHsiGEjm-NtpQzuw"));
}

// Product section 5, rule 7: warned about (warnings.txt) and counted.
TEST(LoadClients, CountsWhatAuthenticatesSeveralClients) {
  const Loaded loaded = load_fixture_clients("warnings.yaml");
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(loaded.config->shared_credentials, 2U);
}

/// The problems, at a time, of a client that is registered by a certificate of test::Shape's validity.
std::vector<std::string> problems_at(WallTime now) {
  test::Shape shape;
  shape.subject = {{"CN", "batch"}};
  MemoryFiles files;
  files.files["batch.crt"] = test::make_identity(shape).certificate.to_pem();
  files.now = now;
  return rendered(files.load(std::string{kMinimal} +
                             "resources: [{identifier: https://api.example.com, scopes: [read]}]\n"
                             "clients:\n"
                             "  - client_id: a\n"
                             "    token_endpoint_auth_method: self_signed_tls_client_auth\n"
                             "    certificates: [batch.crt]\n"
                             "    scope: read\n"));
}

TEST(LoadClients, WarnsOfARegisteredCertificateThatIsNotValidOrNotForLong) {
  const test::Shape shape;
  const std::string place =
      "main.yaml:8:20: warning: clients[0] (a): certificates[0]: the certificate of \"CN=batch\" ";
  EXPECT_THAT(problems_at(test::kNow), IsEmpty());
  EXPECT_THAT(problems_at(shape.not_after - x509::kExpiryWarning), IsEmpty());
  EXPECT_THAT(problems_at(shape.not_after - x509::kExpiryWarning + std::chrono::seconds{1}),
              ElementsAre(place + "expires at 2027-01-15T12:00:00Z; renew it"));
  EXPECT_THAT(problems_at(shape.not_after), ElementsAre(place + "expired at 2027-01-15T12:00:00Z; renew it"));
  EXPECT_THAT(problems_at(shape.not_before - std::chrono::seconds{1}),
              ElementsAre(place + "is not valid before 2026-01-14T12:00:00Z; look at the clock as well"));
}

/// Two clients, the first by an entry of `certificates` and the second by one of `jwks`.
Loaded load_certificate_and_jwk(const test::Identity& registered, const EVP_PKEY& key) {
  MemoryFiles files;
  files.now = test::kNow;
  files.files["a.crt"] = registered.certificate.to_pem();
  const auto jwk = jose::to_jwk(key);
  return files.load(std::string{kMinimal} +
                    "resources: [{identifier: https://api.example.com, scopes: [read]}]\n"
                    "clients:\n"
                    "  - {client_id: a, token_endpoint_auth_method: self_signed_tls_client_auth, scope: read, "
                    "certificates: [a.crt]}\n"
                    "  - {client_id: b, token_endpoint_auth_method: self_signed_tls_client_auth, scope: read, jwks: "
                    "{keys: [" +
                    (jwk ? jwk->dump() : "") + "]}}\n");
}

// Product section 5, rule 7: the key stands for every certificate with it.
TEST(LoadClients, WarnsOfAKeyThatIsInAnotherClientsCertificate) {
  test::Shape shape;
  shape.subject = {{"CN", "a"}};
  const auto registered = test::make_identity(shape);
  const Loaded loaded = load_certificate_and_jwk(registered, *registered.key);
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(loaded.config->shared_credentials, 1U);
  EXPECT_THAT(rendered(loaded), ElementsAre(HasSubstr("authenticates client \"a\"")));

  const Loaded apart = load_certificate_and_jwk(registered, *test::make_key(test::KeyKind::ec_p256));
  ASSERT_TRUE(apart.config);
  EXPECT_THAT(rendered(apart), IsEmpty());
}

// As above: two trust stores with one anchor trust the same certificates.
TEST(LoadClients, WarnsOfOneSubjectInTwoTrustStoresWithOneAnchor) {
  const MemoryFiles files;
  const auto problems_with = [&files](const std::string& second_anchor) {
    return rendered(files.load(std::string{kMinimal} +
                               "resources: [{identifier: https://api.example.com, scopes: [read]}]\n"
                               "trust_stores: {one: {anchors: [a.crt, b.crt]}, two: {anchors: [" +
                               second_anchor +
                               "]}}\n"
                               "clients:\n"
                               "  - {client_id: a, token_endpoint_auth_method: tls_client_auth, scope: read, "
                               "trust_store: one, tls_client_auth_subject_dn: CN=etl}\n"
                               "  - {client_id: b, token_endpoint_auth_method: tls_client_auth, scope: read, "
                               "trust_store: two, tls_client_auth_subject_dn: CN=ETL}\n"));
  };
  EXPECT_THAT(problems_with("./b.crt, a.crt"), ElementsAre(HasSubstr("authenticates client \"a\"")));
  EXPECT_THAT(problems_with("c.crt"), IsEmpty());
}

// Product section 3: ${NAME} in every value.
TEST(LoadClients, TakesAMemberOfAJwkFromTheEnvironment) {
  MemoryFiles files;
  files.variables["X"] = "6oZCg8xBqGXbMWStUwG4qkhgiuNa8RRSpsNtbfFZ0Ic";
  const std::string text = std::string{kMinimal} +
                           "resources: [{identifier: https://api.example.com, scopes: [read]}]\n"
                           "clients:\n"
                           "  - client_id: a\n"
                           "    token_endpoint_auth_method: self_signed_tls_client_auth\n"
                           "    jwks: {keys: [{kty: EC, crv: P-256, x: \"${X}\", "
                           "y: aK8N0Xvrn4qs1w5nqjqrEnbwloltqd8HwOjSGUZ47V8}]}\n"
                           "    scope: read\n";
  const Loaded loaded = files.load(text);
  ASSERT_TRUE(loaded.config) << rendered(loaded).front();
  EXPECT_EQ(loaded.config->clients[0].key_thumbprints.size(), 1U);
  files.variables.clear();
  EXPECT_THAT(rendered(files.load(text)), ElementsAre(HasSubstr("X is not set")));
}

TEST(LoadClients, RefusesAPrivateMemberInAJwk) {
  const auto problems =
      rendered(load_clients("  - client_id: a\n"
                            "    token_endpoint_auth_method: self_signed_tls_client_auth\n"
                            "    jwks: {keys: [{kty: EC, crv: P-256, x: 6oZCg8xBqGXbMWStUwG4qkhgiuNa8RRSpsNtbfFZ0Ic, "
                            "y: aK8N0Xvrn4qs1w5nqjqrEnbwloltqd8HwOjSGUZ47V8, d: AAAA}]}\n"
                            "    scope: read\n"));
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_THAT(problems.front(), HasSubstr("clients[0] (a): jwks: not a JWK Set: "));
}

TEST(LoadClients, RefusesAJwkSetThatIsNone) {
  for (const char* jwks : {"{}", "{keys: 1}", "{keys: [1]}", "{keys: [{kty: 1}]}", "[]", "x"}) {
    const auto problems = rendered(
        load_clients("  - {client_id: a, token_endpoint_auth_method: self_signed_tls_client_auth, scope: read, jwks: " +
                     std::string{jwks} + "}\n"));
    EXPECT_EQ(problems.size(), 1U) << jwks;
  }
}

TEST(LoadClients, KeepsAPlaceForEachOfManyClientsOutsideTheMap) {
  std::string clients;
  for (int i = 0; i < 2000; ++i) {
    clients += pki_client("client-" + std::to_string(i),
                          "tls_client_auth_san_dns: host-" + std::to_string(i) + ".example, scope: read");
  }
  const Loaded loaded = load_clients(clients);
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(loaded.config->clients.size(), 2000U);
  EXPECT_EQ(loaded.config->client_places.size(), 2000U);
  EXPECT_LT(loaded.config->places.size(), 30U);
}

}  // namespace
}  // namespace certbound::config
