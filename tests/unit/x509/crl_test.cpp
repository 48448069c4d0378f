#include "x509/crl.hpp"

#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/crl.hpp"
#include "support/pki.hpp"

namespace certbound::x509 {

namespace {

using certbound::test::CrlEntry;
using certbound::test::CrlShape;
using certbound::test::Extension;
using certbound::test::Identity;
using certbound::test::kNow;
using certbound::test::make_client;
using certbound::test::make_crl;
using certbound::test::make_root;
using certbound::test::revoke;
using testing::AllOf;
using testing::HasSubstr;

Result<std::shared_ptr<const Crl>> parse(const Bytes& der, const std::vector<Identity>& issuers) {
  std::vector<Certificate> certificates;
  for (const Identity& issuer : issuers) certificates.push_back(issuer.certificate);
  return Crl::parse_der(der, certificates);
}

/// What is wrong with it; `none` where it is accepted.
std::string list_refusal(const Bytes& der, const std::vector<Identity>& issuers) {
  const auto crl = parse(der, issuers);
  if (crl) return "none";
  EXPECT_EQ(crl.error().code, ErrorCode::invalid_request);
  return crl.error().detail;
}

std::string list_refusal_of(const CrlShape& shape) {
  const auto root = make_root("Root");
  return list_refusal(make_crl(root, shape), {root});
}

CrlShape with_extension(const Extension& extension) {
  CrlShape shape;
  shape.extensions = {extension};
  return shape;
}

CrlShape with_entry_extension(const Extension& extension) {
  CrlShape shape;
  shape.entries = {{"05", {extension}}};
  return shape;
}

Serial serial_of(const std::string& hex) { return Serial::from_content(hex_decode(hex).value()).value(); }

std::string crls_refusal(const std::string& content, const Identity& issuer) {
  const auto crls = parse_crls(content, {&issuer.certificate, 1});
  return crls ? "none" : crls.error().detail;
}

}  // namespace

TEST(Crl, HasWhatItsIssuerWrote) {
  const auto root = make_root("Root");
  const auto revoked = make_client("revoked", root);
  const auto good = make_client("good", root);
  CrlShape shape;
  shape.entries = {revoke(revoked.certificate), {"05", {{"2.5.29.21", "DER:0A0101"}}}};
  shape.number = "1234";
  const auto crl = parse(make_crl(root, shape), {make_root("Other"), root});
  ASSERT_TRUE(crl) << crl.error().detail;
  EXPECT_EQ((*crl)->number(), "1234");
  EXPECT_EQ((*crl)->this_update(), shape.this_update);
  EXPECT_EQ((*crl)->next_update(), shape.next_update);
  EXPECT_EQ((*crl)->size(), 2U);
  EXPECT_TRUE((*crl)->lists(revoked.certificate));
  EXPECT_FALSE((*crl)->lists(good.certificate));
  EXPECT_TRUE((*crl)->lists(serial_of("05")));
  EXPECT_TRUE((*crl)->is_of(root.certificate));
  EXPECT_EQ(thumbprint((*crl)->issuer()), thumbprint(root.certificate));
  EXPECT_EQ(describe_crl(**crl, kNow),
            "CRL 1234 of \"CN=Root\" of 2026-01-15T11:00:00Z (60 min old), next update "
            "2026-01-16T12:00:00Z");
}

// What home-made CAs write: version 1, no number, nothing revoked.
TEST(Crl, MayBeOfVersion1) {
  const auto root = make_root("Root");
  CrlShape shape;
  shape.number = "";
  shape.entries = {{"07", {}}};
  const auto crl = parse(make_crl(root, shape), {root});
  ASSERT_TRUE(crl) << crl.error().detail;
  EXPECT_EQ((*crl)->number(), "");
  EXPECT_TRUE((*crl)->lists(serial_of("07")));
  shape.entries.clear();
  EXPECT_EQ(list_refusal(make_crl(root, shape), {root}), "none");
}

// A serial is a number, not a text of octets, and not a digest of one.
TEST(Serial, IsExact) {
  const std::string longest = "7f" + std::string(38, 'a');
  for (const std::string& hex : {std::string{"00"}, std::string{"7f"}, std::string{"0080"}, std::string{"80"},
                                 std::string{"ff7f"}, longest, "00" + std::string(40, 'f')}) {
    const Serial serial = serial_of(hex);
    EXPECT_TRUE(serial == serial_of(hex)) << hex;
    for (std::size_t octet = 0; octet < hex.size() / 2; ++octet) {
      Bytes changed = hex_decode(hex).value();
      changed[octet] ^= 1U;
      EXPECT_FALSE(serial == Serial::from_content(changed).value()) << hex << " at " << octet;
    }
  }
  EXPECT_FALSE(serial_of("80") < serial_of("ff7f"));  // -128, -129
  EXPECT_TRUE(serial_of("ff7f") < serial_of("80"));
  EXPECT_TRUE(serial_of("ff") < serial_of("00"));
  EXPECT_TRUE(serial_of("7f") < serial_of("0080"));
  EXPECT_TRUE(serial_of("0080") < serial_of(longest));
  EXPECT_FALSE(serial_of("80") == serial_of("0080"));
}

// RFC 5280 section 4.1.2.2: 20 octets.
TEST(Serial, HasABound) {
  EXPECT_FALSE(Serial::from_content({}));
  EXPECT_TRUE(Serial::from_content(Bytes(21, 0x11)));
  EXPECT_FALSE(Serial::from_content(Bytes(22, 0x11)));
  CrlShape shape;
  shape.entries = {{std::string(44, '1'), {}}};
  EXPECT_THAT(list_refusal_of(shape), AllOf(HasSubstr("entry 1"), HasSubstr("longer than 20 octets")));
}

TEST(Crl, KnowsNegativeSerialsAndLongOnes) {
  const auto root = make_root("Root");
  CrlShape shape;
  shape.entries = {{"-80", {}}, {std::string(40, 'f'), {}}, {"00", {}}};
  const auto crl = parse(make_crl(root, shape), {root});
  ASSERT_TRUE(crl) << crl.error().detail;
  EXPECT_TRUE((*crl)->lists(serial_of("80")));
  EXPECT_TRUE((*crl)->lists(serial_of("00" + std::string(40, 'f'))));
  EXPECT_TRUE((*crl)->lists(serial_of("00")));
  EXPECT_FALSE((*crl)->lists(serial_of("0080")));
}

// Two CAs of one name are two issuers.
TEST(Crl, IsOfTheKeyThatSignedItAndNotOfAName) {
  const auto root = make_root("Root");
  const auto namesake = make_root("Root");
  const Bytes der = make_crl(root);
  EXPECT_THAT(list_refusal(der, {namesake}), HasSubstr("signature is wrong"));
  const auto crl = parse(der, {namesake, root});
  ASSERT_TRUE(crl) << crl.error().detail;
  EXPECT_TRUE((*crl)->is_of(root.certificate));
  EXPECT_FALSE((*crl)->is_of(namesake.certificate));
}

TEST(Crl, OutlivesTheRenewalOfItsIssuersCertificate) {
  const auto root = make_root("Root");
  test::Shape shape;
  shape.role = CertificateRole::authority;
  shape.subject = {{"CN", "Root"}};
  shape.key = root.key;
  const auto renewed = test::make_identity(shape);
  const auto crl = parse(make_crl(root), {root});
  ASSERT_TRUE(crl);
  EXPECT_NE(thumbprint(renewed.certificate), thumbprint(root.certificate));
  EXPECT_TRUE((*crl)->is_of(renewed.certificate));
}

TEST(Crl, OfAnotherCaIsRefused) {
  EXPECT_THAT(list_refusal(make_crl(make_root("Root")), {make_root("Other")}),
              AllOf(HasSubstr("CN=Root"), HasSubstr("neither an anchor nor an intermediate")));
  EXPECT_THAT(list_refusal(make_crl(make_root("Root")), {}), HasSubstr("neither an anchor nor an intermediate"));
}

// RFC 5280 section 6.3.3 (f).
TEST(Crl, NeedsAnIssuerThatMaySignIt) {
  const auto without = make_root("Root", {{"keyUsage", "critical,keyCertSign"}});
  EXPECT_THAT(list_refusal(make_crl(without), {without}), HasSubstr("cRLSign"));
  const auto unlimited = make_root("Root", {{"keyUsage", ""}});
  EXPECT_EQ(list_refusal(make_crl(unlimited), {unlimited}), "none");
}

TEST(Crl, NeedsAStrongSignature) {
  CrlShape shape;
  shape.digest = "SHA1";
  EXPECT_THAT(list_refusal_of(shape), HasSubstr("digest is too weak"));
  shape.digest = "SHA224";
  EXPECT_EQ(list_refusal_of(shape), "none");
  shape.digest = "SHA512";
  EXPECT_EQ(list_refusal_of(shape), "none");

  test::Shape weak;
  weak.role = CertificateRole::authority;
  weak.subject = {{"CN", "Weak"}};
  weak.key = test::make_key(test::KeyKind::rsa_1024);
  const auto weak_root = test::make_identity(weak);
  EXPECT_THAT(list_refusal(make_crl(weak_root), {weak_root}), AllOf(HasSubstr("RSA 1024"), HasSubstr("too weak")));
}

TEST(Crl, MayBeSignedWithEveryKindOfKey) {
  for (const auto kind : {test::KeyKind::rsa_2048, test::KeyKind::ed25519, test::KeyKind::ec_p256}) {
    test::Shape shape;
    shape.role = CertificateRole::authority;
    shape.subject = {{"CN", "Root"}};
    shape.key = test::make_key(kind);
    const auto root = test::make_identity(shape);
    EXPECT_EQ(list_refusal(make_crl(root), {root}), "none");
  }
}

// RFC 4055 section 3.1.
TEST(Crl, MayBeSignedWithPssButNotWithSha1) {
  test::Shape authority;
  authority.role = CertificateRole::authority;
  authority.subject = {{"CN", "Root"}};
  authority.key = test::make_key(test::KeyKind::rsa_2048);
  const auto root = test::make_identity(authority);
  CrlShape shape;
  for (const int salt : {0, 20, 32, 64}) {
    shape.pss_salt = salt;
    EXPECT_EQ(list_refusal(make_crl(root, shape), {root}), "none") << salt;
  }
  shape.digest = "SHA384";
  const Bytes good = make_crl(root, shape);
  EXPECT_EQ(list_refusal(good, {root}), "none");
  Bytes changed = good;
  changed.back() ^= 1U;
  EXPECT_THAT(list_refusal(changed, {root}), HasSubstr("signature is wrong"));
  shape.digest = "SHA1";
  EXPECT_THAT(list_refusal(make_crl(root, shape), {root}), HasSubstr("SHA-1"));
}

// RFC 5280 sections 5.1.2.5, 5.2: what is not the complete list of its issuer, or never ends.
TEST(Crl, RefusesWhatIsNoCompleteList) {
  EXPECT_THAT(list_refusal_of(with_extension({"2.5.29.27", "critical,DER:020101"})), HasSubstr("delta"));
  EXPECT_THAT(list_refusal_of(with_extension({"2.5.29.27", "DER:020101"})), HasSubstr("delta"));
  EXPECT_THAT(list_refusal_of(with_extension({"2.5.29.28", "critical,DER:30038401FF"})), HasSubstr("indirect"));
  EXPECT_THAT(list_refusal_of(with_extension({"2.5.29.28", "critical,DER:30038101FF"})), HasSubstr("limits it"));
  EXPECT_THAT(list_refusal_of(with_extension({"2.5.29.28", "DER:30038101FF"})), HasSubstr("limits it"));
  EXPECT_THAT(list_refusal_of(with_extension({"2.5.29.28", "critical,DER:3005"})), HasSubstr("malformed"));
  CrlShape endless;
  endless.has_next_update = false;
  EXPECT_THAT(list_refusal_of(endless), HasSubstr("nextUpdate"));
  CrlShape turned;
  turned.next_update = turned.this_update;
  EXPECT_THAT(list_refusal_of(turned), HasSubstr("not after its thisUpdate"));
}

TEST(Crl, RefusesExtensionsThatItDoesNotUnderstandOnlyIfCritical) {
  EXPECT_THAT(list_refusal_of(with_extension({"1.2.3.4", "critical,DER:0500"})),
              AllOf(HasSubstr("critical"), HasSubstr("2a0304")));
  EXPECT_EQ(list_refusal_of(with_extension({"1.2.3.4", "DER:0500"})), "none");
  EXPECT_EQ(list_refusal_of(with_extension({"authorityKeyIdentifier", "keyid"})), "none");
  EXPECT_THAT(list_refusal_of(with_extension({"2.5.29.20", "DER:020101"})), HasSubstr("stands twice"));
  CrlShape critical_number = with_extension({"2.5.29.20", "critical,DER:020101"});
  critical_number.number = "";
  EXPECT_THAT(list_refusal_of(critical_number), HasSubstr("number is critical"));
  CrlShape negative_number = with_extension({"2.5.29.20", "DER:0201ff"});
  negative_number.number = "";
  EXPECT_THAT(list_refusal_of(negative_number), HasSubstr("negative"));
}

TEST(Crl, RefusesEntriesOfOtherListsAndUnknownCriticalOnes) {
  EXPECT_THAT(list_refusal_of(with_entry_extension({"2.5.29.21", "DER:0A0108"})),
              AllOf(HasSubstr("entry 1"), HasSubstr("removeFromCRL")));
  EXPECT_THAT(list_refusal_of(with_entry_extension({"2.5.29.29", "DER:3000"})), HasSubstr("indirect"));
  EXPECT_THAT(list_refusal_of(with_entry_extension({"1.2.3.4", "critical,DER:0500"})), HasSubstr("critical"));
  EXPECT_EQ(list_refusal_of(with_entry_extension({"1.2.3.4", "DER:0500"})), "none");
  EXPECT_EQ(list_refusal_of(with_entry_extension({"2.5.29.21", "DER:0A0106"})), "none");
  EXPECT_THAT(list_refusal_of(with_entry_extension({"2.5.29.21", "DER:020101"})), HasSubstr("malformed"));
  CrlShape version_1 = with_entry_extension({"2.5.29.21", "DER:0A0101"});
  version_1.number = "";
  EXPECT_THAT(list_refusal_of(version_1), HasSubstr("entry 1"));
}

// The signature is over what was parsed, so no octet can be another one.
TEST(Crl, RefusesEveryChangedOctetAndEveryPrefix) {
  const auto root = make_root("Root");
  CrlShape shape;
  shape.entries = {{"05", {{"2.5.29.21", "DER:0A0101"}}}, {"1234567890", {}}};
  const Bytes der = make_crl(root, shape);
  ASSERT_EQ(list_refusal(der, {root}), "none");
  for (std::size_t i = 0; i < der.size(); ++i) {
    const Bytes prefix(der.begin(), der.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_NE(list_refusal(prefix, {root}), "none") << i;
    Bytes changed = der;
    changed[i] ^= 1U;
    EXPECT_NE(list_refusal(changed, {root}), "none") << i;
  }
  Bytes longer = der;
  longer.push_back(0);
  EXPECT_THAT(list_refusal(longer, {root}), HasSubstr("octets follow"));
}

TEST(ParseCrls, ReadsDerAndEveryBlockOfAPem) {
  const auto root = make_root("Root");
  const auto other = make_root("Other");
  const Bytes der = make_crl(root);
  const std::vector<Certificate> issuers{root.certificate, other.certificate};
  const auto one = parse_crls({reinterpret_cast<const char*>(der.data()), der.size()}, issuers);
  ASSERT_TRUE(one) << one.error().detail;
  EXPECT_EQ(one->size(), 1U);

  const std::string pem =
      "0 comment\n" + test::to_crl_pem(der) + root.certificate.to_pem() + test::to_crl_pem(make_crl(other));
  const auto two = parse_crls(pem, issuers);
  ASSERT_TRUE(two) << two.error().detail;
  ASSERT_EQ(two->size(), 2U);
  EXPECT_TRUE((*two)[0]->is_of(root.certificate));
  EXPECT_TRUE((*two)[1]->is_of(other.certificate));
}

// A file is written for the store; what a URL brings is put together by somebody else.
TEST(ParseKnownCrls, LeavesOutListsOfOtherCasWhileOneRemains) {
  const auto root = make_root("Root");
  const auto other = make_root("Other");
  const auto impostor = make_root("Root");
  const std::span<const x509::Certificate> issuers{&root.certificate, 1};
  const std::string ours = test::to_crl_pem(make_crl(root));
  const std::string theirs = test::to_crl_pem(make_crl(other));
  const auto known = parse_known_crls(theirs + ours, issuers);
  ASSERT_TRUE(known) << known.error().detail;
  EXPECT_EQ(known->crls.size(), 1U);
  ASSERT_EQ(known->left_out.size(), 1U);
  EXPECT_THAT(known->left_out.front(), HasSubstr("PEM block 1: its issuer \"CN=Other\""));
  EXPECT_THAT(crls_refusal(theirs + ours, root), HasSubstr("PEM block 1: its issuer"));
  for (const std::string& bad :
       {theirs, ours + test::to_crl_pem(make_crl(impostor)), theirs + "-----BEGIN", theirs + "nothing"}) {
    EXPECT_FALSE(parse_known_crls(bad, issuers));
  }
}

TEST(ParseCrls, DecodesALongTextInPieces) {
  const auto root = make_root("Root");
  CrlShape shape;
  for (int i = 0; i < 5000; ++i) shape.entries.push_back({std::to_string(100000 + i), {}});
  std::string pem = test::to_crl_pem(make_crl(root, shape));
  ASSERT_GT(pem.size(), 100U * 1024);
  const auto crls = parse_crls(pem, {&root.certificate, 1});
  ASSERT_TRUE(crls) << crls.error().detail;
  EXPECT_EQ(crls->front()->size(), 5000U);
  pem[60000] = '=';
  EXPECT_THAT(crls_refusal(pem, root), HasSubstr("not base64"));
}

// Each would cost the verification of a signature; none is looked at.
TEST(ParseCrls, RefusesMoreListsThanThereCanBe) {
  const test::Identity root = test::make_root("Root");
  std::string pem;
  for (std::size_t i = 0; i < kMostCrlsOfAFile; ++i) pem += "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n";
  const auto most = parse_crls(pem, {&root.certificate, 1});
  ASSERT_FALSE(most);
  EXPECT_NE(most.error().detail.find("PEM block 1"), std::string::npos) << most.error().detail;
  pem += "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n";
  for (const auto& error :
       {parse_crls(pem, {&root.certificate, 1}).error(), parse_known_crls(pem, {&root.certificate, 1}).error()}) {
    EXPECT_NE(error.detail.find("more than 1024 CRLs"), std::string::npos) << error.detail;
  }
}

TEST(ParseCrls, RefusesFilesOfSomethingElse) {
  const auto root = make_root("Root");
  const std::string pem = test::to_crl_pem(make_crl(root));
  EXPECT_THAT(crls_refusal("", root), HasSubstr("no CRL"));
  EXPECT_THAT(crls_refusal("0", root), HasSubstr("no CRL"));
  EXPECT_THAT(crls_refusal(root.certificate.to_pem(), root), HasSubstr("no CRL"));
  EXPECT_THAT(crls_refusal("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", root),
              HasSubstr("private key"));
  EXPECT_THAT(crls_refusal(pem.substr(1), root), HasSubstr("END line without"));
  EXPECT_THAT(crls_refusal(pem + pem.substr(0, pem.size() / 2), root), HasSubstr("without an END line"));
  std::string other_end = pem;
  other_end.replace(other_end.find("END X509 CRL"), 12, "END X509 CRT");
  EXPECT_THAT(crls_refusal(other_end, root), HasSubstr("does not fit"));
  std::string damaged = pem;
  damaged[40] = '!';
  EXPECT_THAT(crls_refusal(damaged, root), AllOf(HasSubstr("PEM block 1"), HasSubstr("not base64")));
  EXPECT_THAT(crls_refusal(pem, make_root("Other")), AllOf(HasSubstr("PEM block 1"), HasSubstr("neither an anchor")));
  const Bytes certificate = root.certificate.to_der();
  EXPECT_THAT(crls_refusal({reinterpret_cast<const char*>(certificate.data()), certificate.size()}, root),
              HasSubstr("not a CRL"));
}

// Far from the target of 1 us for a lookup and a few seconds for a million, so that a slow machine passes too; an
// algorithm that is not the right one does not.
TEST(Crl, OfAHundredThousandEntriesIsReadAndAskedAtOnce) {
  const auto root = make_root("Root");
  CrlShape shape;
  constexpr std::uint32_t kCount = 100'000;
  const auto hex_of = [](std::uint32_t i) {
    const std::uint32_t spread = i * 2'654'435'761U;  // odd, so no two are the same
    return hex_encode(Bytes{0x01, 0x80, static_cast<std::uint8_t>(spread >> 24),
                            static_cast<std::uint8_t>(spread >> 16), static_cast<std::uint8_t>(spread >> 8),
                            static_cast<std::uint8_t>(spread)});
  };
  for (std::uint32_t i = 0; i < kCount; ++i) shape.entries.push_back({hex_of(i), {}});
  const Bytes der = make_crl(root, shape);
  const auto begin = std::chrono::steady_clock::now();
  const auto crl = parse(der, {root});
  const auto parsed = std::chrono::steady_clock::now();
  ASSERT_TRUE(crl) << crl.error().detail;
  EXPECT_EQ((*crl)->size(), kCount);
  std::uint32_t found = 0;
  for (std::uint32_t i = 0; i < 2 * kCount; ++i) found += (*crl)->lists(serial_of(hex_of(i))) ? 1U : 0U;
  const auto asked = std::chrono::steady_clock::now();
  EXPECT_EQ(found, kCount);
  EXPECT_LT(parsed - begin, std::chrono::seconds{10});
  EXPECT_LT(asked - parsed, std::chrono::seconds{10});
}

}  // namespace certbound::x509
