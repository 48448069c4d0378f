#include "x509/trust_store.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/pki.hpp"

namespace certbound::x509 {

namespace {

using certbound::test::Extension;
using certbound::test::Identity;
using certbound::test::kNow;
using certbound::test::make_client;
using certbound::test::make_identity;
using certbound::test::make_intermediate;
using certbound::test::make_root;
using certbound::test::Shape;
using testing::AllOf;
using testing::HasSubstr;

enum class Profile { strict, lenient };

std::shared_ptr<const TrustStore> make_store(const std::vector<Identity>& anchors,
                                             const std::vector<Identity>& intermediates = {},
                                             Profile profile = Profile::strict) {
  std::vector<Certificate> anchor_certificates;
  std::vector<Certificate> stored;
  for (const Identity& anchor : anchors) anchor_certificates.push_back(anchor.certificate);
  for (const Identity& intermediate : intermediates) stored.push_back(intermediate.certificate);
  auto made = TrustStore::make("partner", anchor_certificates, stored, profile == Profile::strict);
  if (!made) throw std::runtime_error{made.error().detail};
  return *made;
}

Result<VerifiedPath> verify_chain(const TrustStore& store, const std::vector<Identity>& chain,
                                  const TrustStore::Query& query = {.now = kNow}) {
  std::vector<Certificate> untrusted;
  for (const Identity& identity : chain) untrusted.push_back(identity.certificate);
  const Certificate leaf = untrusted.front();
  untrusted.erase(untrusted.begin());
  return store.verify(leaf, untrusted, query);
}

/// The reason's name and the detail, `none` where the chain is accepted.
std::pair<std::string, std::string> refusal(const TrustStore& store, const std::vector<Identity>& chain,
                                            const TrustStore::Query& query = {.now = kNow}) {
  const auto verdict = verify_chain(store, chain, query);
  if (verdict) return {"none", ""};
  EXPECT_EQ(verdict.error().code, ErrorCode::invalid_client);
  EXPECT_EQ(verdict.error().text.view(), "client authentication failed");
  return {std::string{name(verdict.error().reason)}, verdict.error().detail};
}

Identity make_shaped_client(const Identity& issuer, const Shape& wanted) {
  Shape shape = wanted;
  shape.subject = {{"CN", "client-1"}};
  return make_identity(shape, &issuer);
}

auto RefusedFor(const std::string& reason) { return testing::Pair(reason, testing::Not("")); }
auto RefusedFor(const std::string& reason, const std::string& words) { return testing::Pair(reason, HasSubstr(words)); }

}  // namespace

TEST(TrustStoreMake, RefusesToHaveNoAnchor) {
  const auto made = TrustStore::make("partner", {}, {}, true);

  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::invalid_request);
  EXPECT_THAT(made.error().detail, HasSubstr("partner"));
}

TEST(TrustStoreMake, RefusesAnAnchorThatIsNoCa) {
  const auto root = make_root("Root");
  const auto leaf = make_client("client-1", root);
  for (const bool strict : {true, false}) {
    const auto made = TrustStore::make("partner", {root.certificate, leaf.certificate}, {}, strict);

    ASSERT_FALSE(made);
    EXPECT_THAT(made.error().detail, AllOf(HasSubstr("anchor 2"), HasSubstr("CN=client-1"), HasSubstr("not a CA")));
  }
}

TEST(TrustStoreMake, AcceptsAVersion1RootOnlyIfNotStrict) {
  std::ifstream file{std::string{CERTBOUND_FIXTURES} + "/rfc8705/appendix-a.pem"};
  const auto version1 =
      parse_pem_certificates(std::string{std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{}});
  ASSERT_TRUE(version1);
  const auto strict = TrustStore::make("partner", *version1, {}, true);

  ASSERT_FALSE(strict);
  EXPECT_THAT(strict.error().detail, HasSubstr("v1"));
  EXPECT_TRUE(TrustStore::make("partner", *version1, {}, false));
}

TEST(TrustStoreMake, CountsTheGenerations) {
  const auto root = make_root("Root");

  EXPECT_NE(make_store({root})->generation(), make_store({root})->generation());
}

TEST(TrustStore, KeepsWhatItWasMadeOf) {
  const auto root = make_root("Root");
  const auto issuing = make_intermediate("Issuing", root);
  const auto store = make_store({root}, {issuing});

  EXPECT_EQ(store->name(), "partner");
  EXPECT_TRUE(store->is_strict());
  ASSERT_EQ(store->anchors().size(), 1U);
  EXPECT_EQ(thumbprint(store->anchors()[0]), thumbprint(root.certificate));
  ASSERT_EQ(store->intermediates().size(), 1U);
  EXPECT_EQ(thumbprint(store->intermediates()[0]), thumbprint(issuing.certificate));
}

// Conformance 8705-2.1-2.
TEST(TrustStoreVerify, GivesThePathLeafFirstWithItsEarliestEnd) {
  const auto root = make_root("Root");
  Shape short_lived;
  short_lived.role = CertificateRole::authority;
  short_lived.subject = {{"CN", "Issuing"}};
  short_lived.not_after = kNow + std::chrono::hours{5};
  const auto issuing = make_identity(short_lived, &root);
  const auto leaf = make_client("client-1", issuing);
  const auto path = verify_chain(*make_store({root}), {leaf, issuing});

  ASSERT_TRUE(path) << path.error().detail;
  ASSERT_EQ(path->certificates.size(), 3U);
  EXPECT_EQ(thumbprint(path->certificates[0]), thumbprint(leaf.certificate));
  EXPECT_EQ(thumbprint(path->certificates[2]), thumbprint(root.certificate));
  EXPECT_EQ(path->not_after, kNow + std::chrono::hours{5});
}

// Conformance 8705-2.1-1.
TEST(TrustStoreVerify, RefusesAnUnknownCa) {
  const auto root = make_root("Root");
  const auto other = make_root("Other Root");
  const auto leaf = make_client("client-1", other);
  const auto store = make_store({root});

  EXPECT_THAT(refusal(*store, {leaf, other}), RefusedFor("anchor_not_for_client", "CN=Other Root"));
  EXPECT_THAT(refusal(*store, {leaf}), RefusedFor("issuer_missing", "CN=Other Root"));
}

// Conformance 8705-2.1-7: a renewed certificate of the same subject.
TEST(TrustStoreVerify, AcceptsARenewedCertificate) {
  const auto root = make_root("Root");
  const auto store = make_store({root});

  EXPECT_TRUE(verify_chain(*store, {make_client("client-1", root)}));
  EXPECT_TRUE(verify_chain(*store, {make_client("client-1", root)}));
}

// Conformance 8705-2.1-8: the registered subject alone proves nothing.
TEST(TrustStoreVerify, RefusesASelfSignedCertificate) {
  const auto root = make_root("Root");
  Shape shape;
  shape.subject = {{"CN", "client-1"}};

  EXPECT_THAT(refusal(*make_store({root}), {make_identity(shape)}),
              RefusedFor("anchor_not_for_client", "certificate 0 (CN=client-1)"));
  EXPECT_THAT(refusal(*make_store({root}, {}, Profile::lenient), {make_identity(shape)}),
              RefusedFor("anchor_not_for_client"));
}

// X509_V_FLAG_PARTIAL_CHAIN alone would take any certificate of the store for verified.
TEST(TrustStoreVerify, RefusesAnAnchorAsClient) {
  const auto root = make_root("Root", {{"keyUsage", "critical,keyCertSign,digitalSignature"}});
  const auto issuing = make_intermediate("Issuing", root, {{"keyUsage", "critical,keyCertSign,digitalSignature"}});

  EXPECT_THAT(refusal(*make_store({root}), {root}), RefusedFor("anchor_not_for_client", "itself an anchor"));
  EXPECT_THAT(refusal(*make_store({issuing}), {issuing}), RefusedFor("anchor_not_for_client", "itself an anchor"));
  // Its path would be longer than itself.
  EXPECT_THAT(refusal(*make_store({root, issuing}), {issuing}),
              RefusedFor("anchor_not_for_client", "itself an anchor"));
  EXPECT_TRUE(verify_chain(*make_store({root}), {issuing}));
}

// Conformance 8705-2.1-9.
TEST(TrustStoreVerify, RefusesAnExpiredLeaf) {
  const auto root = make_root("Root");
  const auto leaf = make_client("client-1", root);
  const auto store = make_store({root});
  const WallTime end = leaf.certificate.not_after();

  EXPECT_TRUE(verify_chain(*store, {leaf}, {.now = end - std::chrono::seconds{1}}));
  Shape shape;
  shape.not_after = kNow;
  EXPECT_THAT(refusal(*store, {make_shaped_client(root, shape)}),
              RefusedFor("certificate_expired",
                         "certificate 0 (CN=client-1): certificate has expired at 2026-01-15T12:00:00Z"));
}

// Conformance 8705-2.1-9.
TEST(TrustStoreVerify, RefusesALeafThatIsNotValidYet) {
  const auto root = make_root("Root");
  const auto store = make_store({root});
  Shape shape;
  shape.not_before = kNow;
  EXPECT_TRUE(verify_chain(*store, {make_shaped_client(root, shape)}));

  shape.not_before = kNow + std::chrono::seconds{1};
  EXPECT_THAT(refusal(*store, {make_shaped_client(root, shape)}),
              RefusedFor("certificate_not_yet_valid", "before 2026-01-15T12:00:01Z"));
}

// Conformance 8705-2.1-9.
TEST(TrustStoreVerify, RefusesAnExpiredIntermediateOrAnchor) {
  Shape expired;
  expired.role = CertificateRole::authority;
  expired.subject = {{"CN", "Expired"}};
  expired.not_after = kNow - std::chrono::seconds{1};
  const auto root = make_root("Root");
  const auto issuing = make_identity(expired, &root);
  const auto old_root = make_identity(expired);

  EXPECT_THAT(refusal(*make_store({root}), {make_client("client-1", issuing), issuing}),
              RefusedFor("certificate_expired", "certificate 1 (CN=Expired)"));
  EXPECT_THAT(refusal(*make_store({old_root}), {make_client("client-1", old_root)}),
              RefusedFor("certificate_expired", "certificate 1 (CN=Expired)"));
}

// Conformance 8705-2.1-10.
TEST(TrustStoreVerify, RefusesALeafAsIssuer) {
  const auto root = make_root("Root");
  const auto leaf = make_client("client-1", root, {{"keyUsage", "critical,digitalSignature,keyCertSign"}});
  const auto below = make_client("victim", leaf);

  EXPECT_THAT(refusal(*make_store({root}, {}, Profile::lenient), {below, leaf}),
              RefusedFor("ca_invalid", "certificate 1 (CN=client-1)"));
  EXPECT_FALSE(verify_chain(*make_store({root}), {below, leaf}));
}

// Conformance 8705-2.1-10; without the bit in key usage the leaf is not even a candidate.
TEST(TrustStoreVerify, RefusesAnOrdinaryLeafAsIssuer) {
  const auto root = make_root("Root");
  const auto leaf = make_client("client-1", root);

  EXPECT_FALSE(verify_chain(*make_store({root}), {make_client("victim", leaf), leaf}));
  EXPECT_FALSE(verify_chain(*make_store({root}, {leaf}), {make_client("victim", leaf)}));
}

// Conformance 8705-2.1-10.
TEST(TrustStoreVerify, RefusesAPathLongerThanItsConstraint) {
  const auto root = make_root("Root", {{"basicConstraints", "critical,CA:TRUE,pathlen:0"}});
  const auto issuing = make_intermediate("Issuing", root);
  const auto store = make_store({root});

  EXPECT_TRUE(verify_chain(*store, {make_client("client-1", root)}));
  EXPECT_THAT(refusal(*store, {make_client("client-1", issuing), issuing}),
              RefusedFor("ca_invalid", "path length constraint exceeded"));
}

// Conformance 8705-2.1-11; RFC 5280 section 4.2.1.10.
TEST(TrustStoreVerify, RefusesANameOutsideItsConstraints) {
  const auto root = make_root("Root");
  const auto issuing =
      make_intermediate("Issuing", root, {{"nameConstraints", "critical,permitted;DNS:partner.example"}});
  const auto store = make_store({root});
  const auto inside = make_client("client-1", issuing, {{"subjectAltName", "DNS:a.partner.example"}});
  const auto outside = make_client("client-1", issuing, {{"subjectAltName", "DNS:other.example"}});

  EXPECT_TRUE(verify_chain(*store, {inside, issuing}));
  EXPECT_THAT(refusal(*store, {outside, issuing}), RefusedFor("name_constraints_violated", "certificate 0"));
}

// Conformance 8705-2.1-12: clientAuth, any, or no extended key usage at all.
TEST(TrustStoreVerify, RefusesACertificateForServersOnly) {
  const auto root = make_root("Root");
  const auto store = make_store({root});

  EXPECT_THAT(refusal(*store, {make_client("client-1", root, {{"extendedKeyUsage", "serverAuth"}})}),
              RefusedFor("wrong_purpose", "certificate 0"));
  EXPECT_TRUE(verify_chain(*store, {make_client("client-1", root, {{"extendedKeyUsage", ""}})}));
  EXPECT_TRUE(verify_chain(*store, {make_client("client-1", root, {{"extendedKeyUsage", "serverAuth,clientAuth"}})}));
}

// RFC 5280 section 4.2.1.12: any purpose is no key usage. A CA that may only sign certificates does no handshake.
TEST(TrustStoreVerify, AsksForTheKeyUsageOfALeafOfAnyPurpose) {
  const Extension any{"extendedKeyUsage", "anyExtendedKeyUsage"};
  const auto root = make_root("Root");
  const auto store = make_store({root});
  const auto issuing = make_intermediate("Issuing", root, {any, {"keyUsage", "critical,keyCertSign,cRLSign"}});
  const auto signing = make_intermediate("Signing", root, {any, {"keyUsage", "critical,keyCertSign,digitalSignature"}});

  EXPECT_THAT(refusal(*store, {issuing}), RefusedFor("wrong_purpose", "certificate 0"));
  EXPECT_TRUE(verify_chain(*store, {signing}));
  EXPECT_TRUE(verify_chain(*store, {make_client("client-1", issuing), issuing})) << "as an issuer it needs no more";
  EXPECT_THAT(refusal(*store, {make_client("client-1", root, {any, {"keyUsage", "critical,dataEncipherment"}})}),
              RefusedFor("wrong_purpose", "certificate 0"));
}

// Conformance 8705-2.1-12: a CA for servers issues no clients, and a key that may not sign does no handshake.
TEST(TrustStoreVerify, RefusesOtherPurposesOfIssuerAndKey) {
  const auto root = make_root("Root");
  const auto issuing = make_intermediate("Issuing", root, {{"extendedKeyUsage", "serverAuth"}});

  EXPECT_THAT(refusal(*make_store({root}), {make_client("client-1", issuing), issuing}),
              RefusedFor("wrong_purpose", "certificate 1 (CN=Issuing)"));
  EXPECT_THAT(
      refusal(*make_store({root}), {make_client("client-1", root, {{"keyUsage", "critical,dataEncipherment"}})}),
      RefusedFor("wrong_purpose", "certificate 0"));
}

// Conformance 8705-2.1-13; RFC 5280 section 4.2.
TEST(TrustStoreVerify, RefusesAnUnknownCriticalExtension) {
  const auto root = make_root("Root");
  const auto store = make_store({root});

  EXPECT_THAT(refusal(*store, {make_client("client-1", root, {{"1.2.3.4.5", "critical,DER:0500"}})}),
              RefusedFor("unsupported_critical_extension", "certificate 0"));
  EXPECT_TRUE(verify_chain(*store, {make_client("client-1", root, {{"1.2.3.4.5", "DER:0500"}})}));
}

// Conformance 8705-2.1-14.
TEST(TrustStoreVerify, RefusesWeakKeys) {
  const auto root = make_root("Root");
  Shape weak;
  weak.key = certbound::test::make_key(certbound::test::KeyKind::rsa_1024);
  EXPECT_THAT(refusal(*make_store({root}), {make_shaped_client(root, weak)}), RefusedFor("weak_key", "RSA 1024"));

  weak.role = CertificateRole::authority;
  weak.subject = {{"CN", "Weak Root"}};
  const auto weak_root = make_identity(weak);
  EXPECT_THAT(refusal(*make_store({weak_root}), {make_client("client-1", weak_root)}),
              RefusedFor("weak_key", "certificate 1 (CN=Weak Root)"));
}

// Conformance 8705-2.1-14.
TEST(TrustStoreVerify, RefusesAWeakDigest) {
  const auto root = make_root("Root");
  Shape weak;
  weak.digest = "SHA1";

  EXPECT_THAT(refusal(*make_store({root}), {make_shaped_client(root, weak)}),
              RefusedFor("weak_signature", "certificate 0 (CN=client-1)"));
}

// Conformance 8705-2.1-15: the intermediate comes from the handshake or from the store.
TEST(TrustStoreVerify, TakesIntermediatesFromTheClientOrTheStore) {
  const auto root = make_root("Root");
  const auto issuing = make_intermediate("Issuing", root);
  const auto leaf = make_client("client-1", issuing);

  EXPECT_TRUE(verify_chain(*make_store({root}), {leaf, issuing}));
  EXPECT_TRUE(verify_chain(*make_store({root}, {issuing}), {leaf}));
  EXPECT_THAT(refusal(*make_store({root}), {leaf}),
              RefusedFor("issuer_missing",
                         "certificate 0 (CN=client-1): unable to get local issuer certificate: its issuer "
                         "\"CN=Issuing\""));
}

// A CA that renewed its key under the same name: the operator holds the old certificate.
TEST(TrustStoreVerify, SaysThatAnIntermediateHasAnotherKey) {
  const auto root = make_root("Root");
  const auto old_issuing = make_intermediate("Issuing", root);
  const auto leaf = make_client("client-1", make_intermediate("Issuing", root));

  EXPECT_THAT(refusal(*make_store({root}, {old_issuing}), {leaf}),
              RefusedFor("issuer_missing", "an intermediate has the issuer's name \"CN=Issuing\", but another key"));
}

/// certificatePolicies of the one policy 1.3.6.1.4.1.55555.`last`.
Extension policy(int last) {
  return {"certificatePolicies", "DER:300D300B06092B0601040183B2030" + std::to_string(last)};
}

// RFC 5280 sections 4.2.1.11 and 6.1.5: a critical constraint is heeded, or the chain refused.
TEST(TrustStoreVerify, HeedsThePoliciesThatACaDemands) {
  const auto root = make_root("Root");
  const auto store = make_store({root});
  const auto demanding =
      make_intermediate("Demanding", root, {policy(1), {"policyConstraints", "critical,requireExplicitPolicy:0"}});

  EXPECT_TRUE(verify_chain(*store, {make_client("client-1", demanding, {policy(1)}), demanding}));
  EXPECT_THAT(refusal(*store, {make_client("client-1", demanding), demanding}),
              RefusedFor("chain_invalid", "no explicit policy: a CA of the chain demands"));
  EXPECT_THAT(refusal(*store, {make_client("client-1", demanding, {policy(2)}), demanding}),
              RefusedFor("chain_invalid", "no explicit policy"));
  EXPECT_TRUE(verify_chain(*store, {make_client("client-1", root, {policy(3)})})) << "nobody demands one";
}

// RFC 5280 section 4.2.1.3: a CA whose key usage lacks keyCertSign issues nothing.
TEST(TrustStoreVerify, RefusesAnIssuerThatMayNotSign) {
  const auto root = make_root("Root");
  const auto issuing = make_intermediate("Issuing", root, {{"keyUsage", "critical,cRLSign"}});

  EXPECT_THAT(refusal(*make_store({root}), {make_client("client-1", issuing), issuing}),
              RefusedFor("ca_invalid", "certificate 1 (CN=Issuing): invalid CA certificate: as an issuer it needs"));
}

// The issuer that is missing may be further up.
TEST(TrustStoreVerify, NamesTheMissingIssuerOfAnIntermediate) {
  const auto root = make_root("Root");
  const auto policy = make_intermediate("Policy", root);
  const auto issuing = make_intermediate("Issuing", policy);
  const auto leaf = make_client("client-1", issuing);

  EXPECT_THAT(
      refusal(*make_store({root}), {leaf, issuing}),
      testing::Pair("issuer_missing", AllOf(HasSubstr("certificate 1 (CN=Issuing)"), HasSubstr("\"CN=Policy\""))));
}

// Conformance 8705-2.1-15: a root that the client sends is no anchor.
TEST(TrustStoreVerify, NeverTrustsARootThatTheClientSends) {
  const auto root = make_root("Root");
  const auto own = make_root("Own");
  const auto issuing = make_intermediate("Issuing", own);

  EXPECT_THAT(refusal(*make_store({root}), {make_client("client-1", own), own}), RefusedFor("anchor_not_for_client"));
  EXPECT_THAT(refusal(*make_store({root}), {make_client("client-1", issuing), issuing, own}),
              RefusedFor("anchor_not_for_client", "CN=Own"));
}

TEST(TrustStoreVerify, NeverTrustsAStoredIntermediate) {
  const auto root = make_root("Root");
  const auto own = make_root("Own");

  EXPECT_THAT(refusal(*make_store({root}, {own}), {make_client("client-1", own)}), RefusedFor("anchor_not_for_client"));
}

// Conformance 8705-2.1-16: each store stands alone.
TEST(TrustStoreVerify, KnowsNoOtherStore) {
  const auto root_a = make_root("Root A");
  const auto root_b = make_root("Root B");
  const auto store_a = make_store({root_a});
  const auto store_b = make_store({root_b});
  const auto leaf = make_client("client-1", root_b);

  EXPECT_TRUE(verify_chain(*store_b, {leaf}));
  EXPECT_FALSE(verify_chain(*store_a, {leaf}));
  EXPECT_TRUE(store_b->has_issuer_of(leaf.certificate));
  EXPECT_FALSE(store_a->has_issuer_of(leaf.certificate));
}

// keycloak #52801: an anchor is a certificate, never a name.
TEST(TrustStoreVerify, RefusesAnotherCaOfTheSameName) {
  const auto root = make_root("Root");
  const auto twin = make_root("Root");
  const auto store = make_store({root});
  const auto leaf = make_client("client-1", twin);

  EXPECT_THAT(refusal(*store, {leaf}), RefusedFor("anchor_not_for_client", "but another key"));
  EXPECT_THAT(refusal(*store, {leaf, twin}), RefusedFor("anchor_not_for_client"));
  EXPECT_FALSE(store->has_issuer_of(leaf.certificate));
}

// The same without key identifiers: only the signature tells.
TEST(TrustStoreVerify, RefusesAnotherCaOfTheSameNameWithoutIdentifiers) {
  const std::vector<Extension> bare{{"subjectKeyIdentifier", ""}, {"authorityKeyIdentifier", ""}};
  const auto root = make_root("Root", bare);
  const auto twin = make_root("Root", bare);
  const auto store = make_store({root}, {}, Profile::lenient);
  const auto leaf = make_client("client-1", twin, bare);

  EXPECT_THAT(refusal(*store, {leaf}), RefusedFor("bad_signature", "another CA of the issuer's name"));
  EXPECT_FALSE(verify_chain(*store, {leaf, twin}));
}

// CVE-2023-2422: the leaf counts, whatever else is sent along.
TEST(TrustStoreVerify, IsNotMovedByAnotherClientsCertificate) {
  const auto root = make_root("Root");
  const auto own = make_root("Own");
  const auto victim = make_client("victim", root);
  const auto store = make_store({root});
  const auto path = verify_chain(*store, {make_client("client-1", root), victim});

  EXPECT_FALSE(verify_chain(*store, {make_client("victim", own), victim}));
  EXPECT_FALSE(verify_chain(*store, {make_client("victim", own), victim, root}));
  ASSERT_TRUE(path);
  EXPECT_EQ(path->certificates.size(), 2U);
}

TEST(TrustStoreVerify, AcceptsAnIntermediateAsAnchor) {
  const auto root = make_root("Root");
  const auto issuing = make_intermediate("Issuing", root);
  const auto store = make_store({issuing});

  EXPECT_TRUE(verify_chain(*store, {make_client("client-1", issuing)}));
  EXPECT_FALSE(verify_chain(*store, {make_client("client-1", root)}));
  EXPECT_FALSE(verify_chain(*store, {make_client("client-1", root), root}));
}

TEST(TrustStoreVerify, RefusesAChangedCertificate) {
  const auto root = make_root("Root");
  Bytes der = make_client("client-1", root).certificate.to_der();
  const std::string subject = "client-1";
  const auto at = std::search(der.begin(), der.end(), subject.begin(), subject.end());
  ASSERT_NE(at, der.end());
  *(at + 7) = '2';
  const auto changed = Certificate::parse_der(der);
  ASSERT_TRUE(changed);
  const auto verdict = make_store({root})->verify(*changed, {}, {.now = kNow});

  ASSERT_FALSE(verdict);
  EXPECT_EQ(verdict.error().reason, Reason::bad_signature);
}

// A home-made CA: what the strict profile misses is said, and strict: false accepts it.
TEST(TrustStoreVerify, SaysWhatTheStrictProfileMisses) {
  const auto root = make_root("Root");
  const auto leaf = make_client("client-1", root, {{"authorityKeyIdentifier", ""}});
  const auto bare_root = make_root("Bare Root", {{"subjectKeyIdentifier", ""}, {"authorityKeyIdentifier", ""}});
  const auto unmarked_root = make_root("Unmarked Root", {{"basicConstraints", "CA:TRUE"}});

  EXPECT_THAT(refusal(*make_store({root}), {leaf}), RefusedFor("not_strict", "Missing Authority Key Identifier"));
  EXPECT_THAT(refusal(*make_store({bare_root}), {make_client("client-1", bare_root)}),
              RefusedFor("not_strict", "Authority Key Identifier; strict: false"));
  EXPECT_THAT(refusal(*make_store({unmarked_root}), {make_client("client-1", unmarked_root)}),
              RefusedFor("not_strict", "certificate 1 (CN=Unmarked Root)"));
  EXPECT_TRUE(verify_chain(*make_store({root}, {}, Profile::lenient), {leaf}));
  EXPECT_TRUE(
      verify_chain(*make_store({unmarked_root}, {}, Profile::lenient), {make_client("client-1", unmarked_root)}));
}

TEST(TrustStoreVerify, CountsIntermediates) {
  const auto root = make_root("Root");
  const auto policy = make_intermediate("Policy", root);
  const auto issuing = make_intermediate("Issuing", policy);
  const std::vector<Identity> chain{make_client("client-1", issuing), issuing, policy};
  const auto store = make_store({root});

  EXPECT_TRUE(verify_chain(*store, chain, {.now = kNow, .limits = {.depth = 2}}));
  EXPECT_THAT(refusal(*store, chain, {.now = kNow, .limits = {.depth = 1}}), RefusedFor("chain_too_long"));
  EXPECT_TRUE(verify_chain(*store, {make_client("client-1", root)}, {.now = kNow, .limits = {.depth = 0}}));
}

// CVE-2026-32280: refused before any of it is looked at.
TEST(TrustStoreVerify, BoundsWhatIsPresented) {
  const auto root = make_root("Root");
  const auto leaf = make_client("client-1", root);
  const auto store = make_store({root});
  const std::vector<Identity> most(ChainLimits{}.certificates, leaf);
  const std::vector<Identity> one_more(ChainLimits{}.certificates + 1, leaf);
  const std::string large(2 * ChainLimits{}.bytes, '0');

  EXPECT_TRUE(verify_chain(*store, most));
  EXPECT_THAT(refusal(*store, one_more), RefusedFor("chain_too_long", "7 certificates presented; at most 6"));
  EXPECT_THAT(refusal(*store, {make_client("client-1", root, {{"1.2.3.4", "DER:" + large}})}),
              RefusedFor("chain_too_long", "at most 32768"));
  EXPECT_TRUE(verify_chain(*store, one_more, {.now = kNow, .limits = {.certificates = 7}}));
  EXPECT_THAT(refusal(*store, {leaf}, {.now = kNow, .limits = {.bytes = 64}}),
              RefusedFor("chain_too_long", "octets presented; at most 64"));
}

TEST(TrustStoreVerify, IsCalledFromManyThreads) {
  const auto root = make_root("Root");
  const auto store = make_store({root});
  const auto good = make_client("client-1", root);
  const auto bad = make_client("client-1", make_root("Other"));
  std::vector<int> verdicts(4, 0);
  std::vector<std::thread> threads;
  for (int& verdict : verdicts) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) verdict += verify_chain(*store, {good}) && !verify_chain(*store, {bad}) ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_THAT(verdicts, testing::Each(20));
}

}  // namespace certbound::x509
