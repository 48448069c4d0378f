#include "x509/subject_rule.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.hpp"
#include "support/pki.hpp"

namespace certbound::x509 {
namespace {

using model::SubjectField;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Certificate leaf_of(const std::string& label) {
  const auto pem = load_file(CERTBOUND_FIXTURES "/names/certificates/" + label + ".pem");
  auto certificates = parse_pem_certificates(pem ? *pem : "");
  if (!certificates) throw std::runtime_error{label + ": " + certificates.error().detail};
  return certificates->front();
}

SubjectRule rule_of(SubjectField field, std::string value) {
  auto rule = SubjectRule::parse({field, std::move(value)});
  if (!rule) throw std::runtime_error{rule.error().detail};
  return std::move(*rule);
}

bool is_met(SubjectField field, const std::string& value, const std::string& label) {
  const auto met = rule_of(field, value).is_met_by(PresentedChain{leaf_of(label), {}});
  if (!met) throw std::runtime_error{label + ": " + met.error().detail};
  return *met;
}

SubjectMatch explain(SubjectField field, const std::string& value, const std::string& label) {
  auto match = rule_of(field, value).explain(leaf_of(label));
  if (!match) throw std::runtime_error{match.error().detail};
  return std::move(*match);
}

// RFC 8705 section 2.1.2: the five fields.
TEST(SubjectRule, IsMetByTheRegisteredValueOfItsField) {
  EXPECT_TRUE(is_met(SubjectField::subject_dn, "CN=a.example,O=partner corp", "all_types"));
  EXPECT_TRUE(is_met(SubjectField::san_dns, "client.EXAMPLE.com", "all_types"));
  EXPECT_TRUE(is_met(SubjectField::san_dns, "b\u00fccher.example", "all_types"));
  EXPECT_TRUE(is_met(SubjectField::san_uri, "HTTPS://Client.Example:443/%7Ea/./b", "all_types"));
  EXPECT_TRUE(is_met(SubjectField::san_uri, "spiffe://example.org/etl", "all_types"));
  EXPECT_TRUE(is_met(SubjectField::san_ip, "10.0.0.1", "all_types"));
  EXPECT_TRUE(is_met(SubjectField::san_ip, "2001:0DB8:0:0::1", "all_types"));
  EXPECT_TRUE(is_met(SubjectField::san_email, "Ops@EXAMPLE.com", "all_types"));
  EXPECT_TRUE(is_met(SubjectField::san_uri, "spiffe://example.org/etl", "no_subject"));
}

TEST(SubjectRule, IsNotMetByAnotherValue) {
  EXPECT_FALSE(is_met(SubjectField::subject_dn, "CN=a.example", "all_types"));
  EXPECT_FALSE(is_met(SubjectField::san_dns, "example.com", "all_types"));
  EXPECT_FALSE(is_met(SubjectField::san_dns, "client.example.co", "all_types"));
  EXPECT_FALSE(is_met(SubjectField::san_uri, "https://client.example/~A/b", "all_types"));
  EXPECT_FALSE(is_met(SubjectField::san_uri, "spiffe://example.org/etl/", "all_types"));
  EXPECT_FALSE(is_met(SubjectField::san_ip, "10.0.0.2", "all_types"));
  EXPECT_FALSE(is_met(SubjectField::san_ip, "::ffff:10.0.0.1", "all_types"));
  EXPECT_FALSE(is_met(SubjectField::san_ip, "10.0.0.1", "mapped_ip"));
  EXPECT_FALSE(is_met(SubjectField::san_email, "ops@example.com", "all_types"));
}

// CVE-2022-21656; RFC 8705 section 2.1.2: a value in another place never counts.
TEST(SubjectRule, IsNotMetByAnotherTypeOrTheSubject) {
  EXPECT_FALSE(is_met(SubjectField::san_dns, "a.example", "confused_dns"));
  EXPECT_FALSE(is_met(SubjectField::san_ip, "97.46.101.121", "confused_dns"));
  EXPECT_FALSE(is_met(SubjectField::san_dns, "a.example", "all_types")) << "the CN and a directoryName";
  EXPECT_FALSE(is_met(SubjectField::san_email, "Ops@partner.example", "email_rdn"));
  EXPECT_FALSE(is_met(SubjectField::san_dns, "a.example", "email_rdn"));
  EXPECT_FALSE(is_met(SubjectField::san_uri, "urn:client.example.com", "all_types"));
}

// CVE-2025-61727: `*` is a literal on both sides, and dots are not trimmed (DN-15).
TEST(SubjectRule, KnowsNoWildcard) {
  EXPECT_FALSE(is_met(SubjectField::san_dns, "a.example", "wildcard_dns"));
  EXPECT_FALSE(is_met(SubjectField::san_dns, "*.example", "confused_dns"));
  EXPECT_TRUE(is_met(SubjectField::san_dns, "*.example", "wildcard_dns"));
  EXPECT_FALSE(is_met(SubjectField::subject_dn, "CN=*,O=Partner Corp,C=GB", "partner"));
  EXPECT_FALSE(is_met(SubjectField::san_dns, "a.example", "odd_dns"));
  EXPECT_FALSE(is_met(SubjectField::san_dns, "example", "odd_dns"));
}

// Product section 5 rule 3: a star stands for something in the pattern alone.
TEST(SubjectRule, IsMetByASubjectOfThePattern) {
  EXPECT_TRUE(is_met(SubjectField::subject_dn_pattern, "CN=*,O=partner corp,C=GB", "partner"));
  EXPECT_TRUE(is_met(SubjectField::subject_dn_pattern, "CN=*.example,O=*", "all_types"));
  EXPECT_FALSE(is_met(SubjectField::subject_dn_pattern, "CN=*.example.com,O=*", "all_types")) << "a dNSName is no CN";
  EXPECT_FALSE(is_met(SubjectField::subject_dn_pattern, "CN=*", "partner"));
  EXPECT_FALSE(is_met(SubjectField::subject_dn_pattern, "CN=*", "uncomparable_cn"));
  EXPECT_FALSE(is_met(SubjectField::subject_dn_pattern, "CN=*", "no_subject"));
  const auto met =
      rule_of(SubjectField::subject_dn_pattern, "CN=*").is_met_by(PresentedChain{leaf_of("nul_in_cn"), {}});
  ASSERT_FALSE(met);
  EXPECT_EQ(met.error().reason, Reason::certificate_unusable);
}

// CVE-2026-22747 and its family; DN-19.
TEST(SubjectRule, RefusesAMalformedCertificate) {
  const auto name_rule = rule_of(SubjectField::subject_dn, "CN=admin");
  for (const char* label : {"nul_in_cn", "control_in_cn"}) {
    const auto met = name_rule.is_met_by(PresentedChain{leaf_of(label), {}});
    ASSERT_FALSE(met) << label;
    EXPECT_EQ(met.error().code, ErrorCode::invalid_client);
    EXPECT_EQ(met.error().reason, Reason::certificate_unusable);
    EXPECT_FALSE(name_rule.explain(leaf_of(label))) << label;
  }
  const auto dns_rule = rule_of(SubjectField::san_dns, "a.example");
  for (const char* label : {"nul_in_dns", "empty_dns", "ip_of_5_octets", "two_sans", "broken_san"}) {
    const auto met = dns_rule.is_met_by(PresentedChain{leaf_of(label), {}});
    ASSERT_FALSE(met) << label;
    EXPECT_EQ(met.error().reason, Reason::certificate_unusable);
  }
}

// RFC 5280 section 7.1 through a whole certificate.
TEST(SubjectRule, ComparesNamesAfterPreparation) {
  EXPECT_TRUE(is_met(SubjectField::subject_dn, "cn=ETL-01, o=partner  CORP, c=gb", "partner"));
  EXPECT_TRUE(is_met(SubjectField::subject_dn, "CN=J. Smith+OU=sales,O=Partner \\, Corp #1,C=GB", "multi_valued"));
  EXPECT_TRUE(is_met(SubjectField::subject_dn, "CN=STRASSE,O=m\u00fcller & s\u00f6hne,C=DE", "umlaut"));
  EXPECT_TRUE(is_met(SubjectField::subject_dn, "CN=abc", "fullwidth"));
  EXPECT_TRUE(is_met(SubjectField::subject_dn, "CN=z\u00fcrich", "bmp_string"));
  EXPECT_FALSE(is_met(SubjectField::subject_dn, "CN=x", "uncomparable_cn"));
  EXPECT_FALSE(is_met(SubjectField::subject_dn, "CN=etl-01,O=Partner Corp,C=GB", "reversed"));
  EXPECT_FALSE(is_met(SubjectField::subject_dn, "CN=x", "no_subject"));
}

TEST(SubjectRule, IsNotParsedFromAValueThatCouldNeverMatch) {
  for (const SubjectField field : model::kSubjectFields) {
    const auto rule = SubjectRule::parse({field, ""});
    ASSERT_FALSE(rule);
    EXPECT_EQ(rule.error().code, ErrorCode::invalid_request);
  }
  EXPECT_FALSE(SubjectRule::parse({SubjectField::san_ip, "010.0.0.1"}));
  EXPECT_FALSE(SubjectRule::parse({SubjectField::san_ip, "10.1"}));
  EXPECT_FALSE(SubjectRule::parse({SubjectField::san_dns, "a.example."}));
  EXPECT_FALSE(SubjectRule::parse({SubjectField::subject_dn, "CN=a,,O=b"}));
  EXPECT_FALSE(SubjectRule::parse({SubjectField::subject_dn, "CN"}));
  EXPECT_FALSE(SubjectRule::parse({SubjectField::subject_dn_pattern, "CN=etl-*"}));
}

TEST(SubjectRule, HasOneCanonicalTextForOneMeaning) {
  EXPECT_EQ(rule_of(SubjectField::subject_dn, "CN=A+OU=b").canonical(),
            rule_of(SubjectField::subject_dn, "ou=B + cn=a").canonical());
  EXPECT_EQ(rule_of(SubjectField::san_ip, "2001:DB8:0::1").canonical(),
            rule_of(SubjectField::san_ip, "2001:db8::1").canonical());
  EXPECT_EQ(rule_of(SubjectField::san_dns, "A.example").canonical(), "tls_client_auth_san_dns:a.example");
  EXPECT_EQ(rule_of(SubjectField::san_email, "A@B.example").canonical(), "tls_client_auth_san_email:A@b.example");
  EXPECT_EQ(rule_of(SubjectField::subject_dn_pattern, "CN=*.A,O=b").canonical(),
            rule_of(SubjectField::subject_dn_pattern, "cn=*.a, o=B").canonical());
  EXPECT_NE(rule_of(SubjectField::san_uri, "urn:a").canonical(), rule_of(SubjectField::san_uri, "urn:A").canonical());
}

TEST(ExplainSubject, ShowsBothSidesOfAMatch) {
  const auto match = explain(SubjectField::san_dns, "client.example.com", "all_types");
  EXPECT_TRUE(match.matches);
  EXPECT_EQ(match.expected, "client.example.com");
  EXPECT_THAT(match.presented, ElementsAre("Client.Example.COM", "xn--bcher-kva.example"));
  EXPECT_EQ(match.hint, "");

  const auto name = explain(SubjectField::subject_dn, "cn=etl-01,O=Partner Corp,C=GB", "partner");
  EXPECT_TRUE(name.matches);
  EXPECT_THAT(name.presented, ElementsAre("CN=etl-01,O=Partner Corp,C=GB"));
  EXPECT_EQ(name.hint, "");
}

TEST(ExplainSubject, PrintsTheRightStringWhereOnlyTheOrderDiffers) {
  const auto match = explain(SubjectField::subject_dn, "C=GB,O=Partner Corp,CN=etl-01", "partner");
  EXPECT_FALSE(match.matches);
  EXPECT_TRUE(match.only_order_differs);
  EXPECT_EQ(match.hint,
            "only the order of the RDNs differs; register tls_client_auth_subject_dn: CN=etl-01,O=Partner Corp,C=GB");
}

TEST(ExplainSubject, NamesTheDifferenceOfTwoNames) {
  const auto hint = [](const char* registered, const char* label) {
    const auto match = explain(SubjectField::subject_dn, registered, label);
    EXPECT_FALSE(match.matches);
    EXPECT_FALSE(match.only_order_differs);
    return match.hint;
  };
  EXPECT_THAT(hint("CN=etl-02,O=Partner Corp,C=GB", "partner"),
              HasSubstr("registered CN=etl-02, the certificate has CN=etl-01"));
  EXPECT_THAT(hint("CN=etl-01,O=PartnerCorp,C=GB", "partner"), HasSubstr("they differ in a blank"));
  EXPECT_THAT(hint("CN=etl-01,OU=Partner Corp,C=GB", "partner"),
              HasSubstr("the same value under another type (OU, O)"));
  EXPECT_THAT(hint("CN=etl-01", "partner"), HasSubstr("registered are 1 RDNs, the certificate has 3"));
  EXPECT_THAT(hint("CN=x", "uncomparable_cn"), HasSubstr("cannot be compared"));
  EXPECT_THAT(hint("CN=x", "no_subject"), HasSubstr("subject is empty"));
}

TEST(ExplainSubject, ShowsWhatAStarWasMetBy) {
  const auto match = explain(SubjectField::subject_dn_pattern, "cn=*,O=Partner Corp,c=*", "partner");
  EXPECT_TRUE(match.matches);
  EXPECT_EQ(match.expected, "CN=*,O=Partner Corp,C=*");
  EXPECT_THAT(match.presented, ElementsAre("CN=etl-01,O=Partner Corp,C=GB"));
  EXPECT_EQ(match.found, "CN=* is met by CN=etl-01; C=* is met by C=GB");
  EXPECT_EQ(match.hint, "");
  EXPECT_EQ(explain(SubjectField::subject_dn_pattern, "CN=*.example,O=Partner Corp", "all_types").found,
            "CN=*.example is met by CN=a.example");
}

TEST(ExplainSubject, NamesTheDifferenceFromAPattern) {
  const auto hint = [](const char* pattern, const char* label) {
    const auto match = explain(SubjectField::subject_dn_pattern, pattern, label);
    EXPECT_FALSE(match.matches);
    EXPECT_FALSE(match.only_order_differs);
    EXPECT_EQ(match.found, "");
    return match.hint;
  };
  EXPECT_EQ(hint("CN=*,O=Other,C=GB", "partner"), "registered O=Other, the certificate has O=Partner Corp");
  EXPECT_EQ(hint("CN=*.partner.example,O=Partner Corp,C=GB", "partner"),
            "registered CN=*.partner.example, the certificate has CN=etl-01: '*' stands for exactly one label of "
            "letters, digits and hyphens");
  EXPECT_THAT(hint("CN=*,C=GB", "partner"), HasSubstr("registered are 2 RDNs, the certificate has 3"));
  EXPECT_THAT(hint("CN=*", "uncomparable_cn"), HasSubstr("no text that can be compared"));
  EXPECT_THAT(hint("CN=*", "no_subject"), HasSubstr("subject is empty"));
}

TEST(ExplainSubject, PrintsThePatternInTheRightOrder) {
  const auto match = explain(SubjectField::subject_dn_pattern, "O=*,C=GB,CN=etl-01", "partner");
  EXPECT_FALSE(match.matches);
  EXPECT_TRUE(match.only_order_differs);
  EXPECT_EQ(match.hint,
            "only the order of the RDNs differs; register tls_client_auth_subject_dn_pattern: "
            "CN=etl-01,O=*,C=GB");
}

TEST(ExplainSubject, NamesTheFieldUnderWhichTheValueStands) {
  EXPECT_THAT(explain(SubjectField::san_uri, "https://client.example.com/", "all_types").hint, HasSubstr("none of"));
  EXPECT_EQ(explain(SubjectField::san_dns, "a.example", "confused_dns").hint,
            "the value stands in the certificate as rfc822Name; register tls_client_auth_san_email: a.example");
  EXPECT_THAT(explain(SubjectField::san_dns, "a.example", "all_types").hint,
              HasSubstr("the subject's CN, which does not count"));
  EXPECT_THAT(explain(SubjectField::san_email, "Ops@partner.example", "email_rdn").hint,
              HasSubstr("the subject's emailAddress, which does not count"));
  EXPECT_THAT(explain(SubjectField::san_dns, "b.example", "partner").hint, HasSubstr("no dNSName"));
}

TEST(ExplainSubject, NamesANearMiss) {
  EXPECT_THAT(explain(SubjectField::san_dns, "a.example", "wildcard_dns").hint,
              HasSubstr("*.example is no wildcard here"));
  EXPECT_THAT(explain(SubjectField::san_dns, "a.example", "odd_dns").hint, HasSubstr("ends with a dot"));
  EXPECT_THAT(explain(SubjectField::san_ip, "10.0.0.1", "mapped_ip").hint,
              HasSubstr("register tls_client_auth_san_ip: ::ffff:10.0.0.1"));
  EXPECT_THAT(explain(SubjectField::san_email, "ops@example.com", "all_types").hint,
              HasSubstr("only the case differs"));
  EXPECT_THAT(explain(SubjectField::san_uri, "spiffe://example.org/etl/", "all_types").hint,
              HasSubstr("only a '/' at the end"));
}

// What `cert inspect` prints can be pasted: every entry, parsed, is met by the same certificate.
TEST(RegistrableSubjects, AreMetByTheirCertificate) {
  for (const char* label : {"partner", "multi_valued", "umlaut", "fullwidth", "bmp_string", "email_rdn", "no_subject",
                            "all_types", "mapped_ip", "wildcard_dns"}) {
    const auto subjects = registrable_subjects(leaf_of(label)).subjects;
    EXPECT_FALSE(subjects.empty()) << label;
    for (const auto& subject : subjects)
      EXPECT_TRUE(is_met(subject.field, subject.value, label)) << label << subject.value;
  }
}

TEST(RegistrableSubjects, LeaveOutWhatCannotBeRegisteredAndSayWhy) {
  EXPECT_THAT(registrable_subjects(leaf_of("no_subject")).subjects,
              ElementsAre(model::RegisteredSubject{SubjectField::san_uri, "spiffe://example.org/etl"}));
  EXPECT_THAT(registrable_subjects(leaf_of("no_subject")).left_out, IsEmpty());
  EXPECT_THAT(registrable_subjects(leaf_of("uncomparable_cn")).subjects, IsEmpty());
  EXPECT_THAT(registrable_subjects(leaf_of("uncomparable_cn")).left_out,
              ElementsAre(HasSubstr("tls_client_auth_subject_dn: ")));
  EXPECT_THAT(registrable_subjects(leaf_of("odd_dns")).subjects,
              ElementsAre(model::RegisteredSubject{SubjectField::subject_dn, "CN=x"}));
  EXPECT_EQ(registrable_subjects(leaf_of("all_types")).subjects.size(), 8U);
  EXPECT_THAT(registrable_subjects(leaf_of("all_types")).left_out, IsEmpty());
}

// A SAN that cannot be used does not hide the subject, nor the other way round.
TEST(RegistrableSubjects, TakeEachHalfByItself) {
  const auto damaged_san = registrable_subjects(leaf_of("nul_in_dns"));
  EXPECT_THAT(damaged_san.subjects, ElementsAre(model::RegisteredSubject{SubjectField::subject_dn, "CN=x"}));
  EXPECT_THAT(damaged_san.left_out, ElementsAre(HasSubstr("subjectAltName cannot be used")));

  certbound::test::Shape shape;
  shape.subject = {{"CN", std::string{"a\tb"}}};
  shape.extensions = {{"subjectAltName", "DNS:a.example"}};
  const auto damaged_subject = registrable_subjects(certbound::test::make_identity(shape).certificate);
  EXPECT_THAT(damaged_subject.subjects, ElementsAre(model::RegisteredSubject{SubjectField::san_dns, "a.example"}));
  EXPECT_THAT(damaged_subject.left_out, ElementsAre(HasSubstr("name cannot be used")));
}

TEST(DescribeSubjectAltNames, ShowsEveryEntryAndNeverFails) {
  EXPECT_THAT(describe_subject_alt_names(leaf_of("all_types")),
              ElementsAre("DNS:Client.Example.COM", "DNS:xn--bcher-kva.example", "URI:https://client.example/~a/b",
                          "URI:spiffe://example.org/etl", "IP:10.0.0.1", "IP:2001:db8::1", "email:Ops@Example.com",
                          "dirName:CN=a.example", "registeredID:2.999.1", "other:1.3.6.1.4.1.311.20.2.3"));
  EXPECT_THAT(describe_subject_alt_names(leaf_of("partner")), IsEmpty());
  EXPECT_THAT(describe_subject_alt_names(leaf_of("nul_in_dns")), ElementsAre(HasSubstr("(unusable: ")));
}

}  // namespace
}  // namespace certbound::x509
