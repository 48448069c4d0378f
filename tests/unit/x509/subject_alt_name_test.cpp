#include "x509/subject_alt_name.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.hpp"
#include "x509/certificate.hpp"

namespace certbound::x509 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Certificate fixture_certificate(const std::string& label) {
  const auto pem = load_file(CERTBOUND_FIXTURES "/names/certificates/" + label + ".pem");
  auto certificates = parse_pem_certificates(pem ? *pem : "");
  if (!certificates) throw std::runtime_error{label + ": " + certificates.error().detail};
  return certificates->front();
}

template <typename T>
std::string problem_with(const Result<T>& parsed) {
  return parsed ? "accepted" : parsed.error().detail;
}

std::string dns(std::string_view text) {
  const auto parsed = parse_dns_name(text);
  return parsed ? parsed->text : "error: " + parsed.error().detail;
}

std::string uri(std::string_view text) { return normalize_uri(text).value_or("(none)"); }

// RFC 5280 section 7.2 (DN-14).
TEST(ParseDnsName, BringsANameToLowerCaseALabels) {
  EXPECT_EQ(dns("Client.Example.COM"), "client.example.com");
  EXPECT_EQ(dns("XN--bcher-kva.example"), "xn--bcher-kva.example");
  EXPECT_EQ(dns("b\u00fccher.example"), "xn--bcher-kva.example");
  EXPECT_EQ(dns("B\u00dcCHER.example"), "xn--bcher-kva.example");
  EXPECT_EQ(dns("_svc.a-b.example"), "_svc.a-b.example");
  EXPECT_EQ(dns("localhost"), "localhost");
  EXPECT_EQ(dns("*.example"), "*.example") << "a literal";
}

// IDNA2003 would make strasse.example of the first, IDNA2008 xn--strae-oqa.example.
TEST(ParseDnsName, RefusesWhatTwoVersionsOfIdnaReadDifferently) {
  EXPECT_THAT(dns("stra\u00dfe.example"), HasSubstr("xn--"));
  EXPECT_THAT(dns("\u03b2\u03cc\u03bb\u03bf\u03c2.example"), HasSubstr("xn--"));
  EXPECT_THAT(dns("a\u200db.example"), HasSubstr("error: "));
  EXPECT_THAT(dns("a\u0378.example"), HasSubstr("xn--"));
}

// DN-15 and what is not a host name.
TEST(ParseDnsName, RefusesWhatCouldNeverMatch) {
  for (const char* text :
       {"a.example.", ".example", "a..example", ".", "", "a b", "a.example\n", "\xff.example", "a\uff0fb.example"}) {
    EXPECT_THAT(dns(text), HasSubstr("error: ")) << text;
  }
  EXPECT_THAT(dns("https://a.example/"), HasSubstr("tls_client_auth_san_uri"));
  EXPECT_THAT(dns("ops@a.example"), HasSubstr("tls_client_auth_san_email"));
  EXPECT_THAT(dns("10.0.0.1"), HasSubstr("tls_client_auth_san_ip"));
  EXPECT_THAT(dns("2001:db8::1"), HasSubstr("tls_client_auth_san_ip"));
  EXPECT_THAT(dns("a.example:8443"), HasSubstr("without a port"));
  EXPECT_THAT(dns(std::string_view{"a\0.example", 10}), HasSubstr("error: "));
  EXPECT_THAT(dns(std::string(64, 'a') + ".example"), HasSubstr("63"));
  EXPECT_EQ(dns(std::string(63, 'a') + ".example"), std::string(63, 'a') + ".example");
}

// RFC 3986 sections 6.2.2 and 6.2.3, RFC 5280 section 7.4 (DN-16).
TEST(NormalizeUri, AppliesSyntaxAndSchemeRules) {
  EXPECT_EQ(uri("HTTPS://Client.Example:443/%7Ea/./b"), "https://client.example/~a/b");
  EXPECT_EQ(uri("https://c.example/A"), "https://c.example/A");
  EXPECT_EQ(uri("https://c.example"), "https://c.example/");
  EXPECT_EQ(uri("https://c.example:/?q"), "https://c.example/?q");
  EXPECT_EQ(uri("http://c.example:80#F"), "http://c.example/#F");
  EXPECT_EQ(uri("https://c.example:80/"), "https://c.example:80/");
  EXPECT_EQ(uri("ldap://c.example:389/x"), "ldap://c.example/x");
  EXPECT_EQ(uri("ftp://c.example:21"), "ftp://c.example/");
  EXPECT_EQ(uri("https://User@C.example/"), "https://User@c.example/");
  EXPECT_EQ(uri("https://[2001:DB8::1]:443/"), "https://[2001:db8::1]/");
  EXPECT_EQ(uri("https://c.example/a%2fb%c3%a4"), "https://c.example/a%2Fb%C3%A4");
  EXPECT_EQ(uri("https://%43.example/%41"), "https://c.example/A");
  EXPECT_EQ(uri("spiffe://Example.org/ns/a"), "spiffe://example.org/ns/a");
  EXPECT_EQ(uri("spiffe://example.org"), "spiffe://example.org");
  EXPECT_EQ(uri("urn:Example:a"), "urn:Example:a");
}

// The examples of RFC 3986 section 5.2.4 and 5.4.
TEST(NormalizeUri, RemovesDotSegments) {
  EXPECT_EQ(uri("https://h/a/b/c/./../../g"), "https://h/a/g");
  EXPECT_EQ(uri("https://h/../g"), "https://h/g");
  EXPECT_EQ(uri("https://h/a/.."), "https://h/");
  EXPECT_EQ(uri("https://h/a/."), "https://h/a/");
  EXPECT_EQ(uri("https://h/a/../"), "https://h/");
  EXPECT_EQ(uri("https://h/g./..g/..."), "https://h/g./..g/...");
  EXPECT_EQ(uri("https://h/%2e%2E/g"), "https://h/g");
  EXPECT_EQ(uri("https://h/a//../b"), "https://h/a/b");
  EXPECT_EQ(uri("https://h/?../a"), "https://h/?../a");
}

TEST(NormalizeUri, HasNoneForWhatIsNotAnAbsoluteUri) {
  for (const char* text : {"",
                           "a.example",
                           "//a.example/",
                           "/a",
                           ":a",
                           "1x:a",
                           "a_b:c",
                           "https:a.example",
                           "https:///a",
                           "https://h/ ",
                           "https://h/%",
                           "https://h/%4",
                           "https://h/%zz",
                           "https://h:8x/",
                           "https://h:443:443/",
                           "https://a@b@h/",
                           "https://[::1/",
                           "https://]/",
                           "https://[::[:/",
                           "https://[::1]x/",
                           "https://2001:db8::1/",
                           "https://h/<",
                           "https://h/\\",
                           "https://h/\u00e4"}) {
    EXPECT_EQ(uri(text), "(none)") << text;
  }
  EXPECT_EQ(uri("x:/a/..//b"), "(none)") << "b would become a host";
}

TEST(ParseUriName, SaysWhatToWrite) {
  EXPECT_THAT(problem_with(parse_uri_name("")), HasSubstr("empty"));
  EXPECT_THAT(problem_with(parse_uri_name("https://b\u00fccher.example/")), HasSubstr("xn--"));
  EXPECT_THAT(problem_with(parse_uri_name("https://a.example/a b")), HasSubstr("%20"));
  EXPECT_THAT(problem_with(parse_uri_name("a.example/x")), HasSubstr("absolute URI"));
}

// RFC 8705 section 2.1.2 and RFC 5952 section 8: the vectors V-IP (DN-18).
TEST(ParseIpAddress, ReadsBinary) {
  for (const char* text : {"2001:db8::1", "2001:0DB8:0:0:0:0:0:1", "2001:db8:0:0::1"}) {
    EXPECT_EQ(hex_encode(parse_ip_address(text)->octets), "20010db8000000000000000000000001");
  }
  EXPECT_EQ(hex_encode(parse_ip_address("10.0.0.1")->octets), "0a000001");
  EXPECT_EQ(hex_encode(parse_ip_address("::ffff:10.0.0.1")->octets), "00000000000000000000ffff0a000001");
  EXPECT_NE(*parse_ip_address("10.0.0.1"), *parse_ip_address("::ffff:10.0.0.1"));
}

TEST(ParseIpAddress, RefusesOtherForms) {
  for (const char* text : {"", "010.0.0.1", "10.1", "10.0.0.1.", "0x0a000001", "10.0.0.256", "167772161", " 10.0.0.1",
                           "a.example", "1::2::3", ":::"}) {
    EXPECT_THAT(problem_with(parse_ip_address(text)), HasSubstr("not an IP address")) << text;
  }
  EXPECT_THAT(problem_with(parse_ip_address("10.0.0.0/8")), HasSubstr("prefix"));
  EXPECT_THAT(problem_with(parse_ip_address("[::1]")), HasSubstr("brackets"));
  EXPECT_THAT(problem_with(parse_ip_address("fe80::1%eth0")), HasSubstr("zone"));
  EXPECT_THAT(problem_with(parse_ip_address(std::string_view{"10.0.0.1\0x", 10})), HasSubstr("not an IP address"));
}

// RFC 5280 section 7.5 (DN-17).
TEST(ParseEmailAddress, KeepsTheLocalPartAndLowersTheDomain) {
  EXPECT_EQ(*parse_email_address("Ops@Example.COM"), (EmailAddress{"Ops", "example.com"}));
  EXPECT_EQ(*parse_email_address("ops@b\u00fccher.example"), (EmailAddress{"ops", "xn--bcher-kva.example"}));
  EXPECT_EQ(*parse_email_address("\"a@b\"@c.example"), (EmailAddress{"\"a@b\"", "c.example"}));
}

TEST(ParseEmailAddress, RefusesOtherForms) {
  for (const char* text : {"", "ops", "@example.com", "ops@", "ops@.example", "ops@example.com.", "a@b@c.example",
                           "<ops@example.com>", "Ops <ops@example.com>", "\u00f6ps@example.com", "ops@10.0.0.1",
                           "mailto:ops@example.com", "ops\n@example.com"}) {
    EXPECT_FALSE(parse_email_address(text)) << text;
  }
}

TEST(ReadSubjectAltNames, ReadsEveryTypeByItsAsn1) {
  const auto entries = read_subject_alt_names(fixture_certificate("all_types").handle());

  ASSERT_TRUE(entries);
  ASSERT_EQ(entries->size(), 10U);
  std::vector<std::string> texts;
  for (const auto& entry : *entries) texts.push_back(entry.text);
  EXPECT_THAT(texts, ElementsAre("Client.Example.COM", "xn--bcher-kva.example", "https://client.example/~a/b",
                                 "spiffe://example.org/etl", "10.0.0.1", "2001:db8::1", "Ops@Example.com",
                                 "dirName:CN=a.example", "registeredID:2.999.1", "other:1.3.6.1.4.1.311.20.2.3"));
  EXPECT_EQ(std::get<DnsName>((*entries)[0].value).text, "client.example.com");
  EXPECT_EQ(std::get<EmailAddress>((*entries)[6].value), (EmailAddress{"Ops", "example.com"}));
  EXPECT_TRUE(std::holds_alternative<std::monostate>((*entries)[7].value));
  EXPECT_EQ((*entries)[7].field, std::nullopt);
}

TEST(ReadSubjectAltNames, IsEmptyWithoutTheExtension) {
  const auto entries = read_subject_alt_names(fixture_certificate("partner").handle());
  ASSERT_TRUE(entries);
  EXPECT_TRUE(entries->empty());
}

// DN-19, CVE-2021-44532, CVE-2026-27138: a malformed entry makes all of them worthless.
TEST(ReadSubjectAltNames, RefusesAMalformedEntry) {
  for (const char* label : {"nul_in_dns", "nul_in_uri", "newline_in_email", "latin1_in_dns", "empty_dns", "empty_uri",
                            "empty_email", "ip_of_5_octets", "ip_of_8_octets", "broken_san", "two_sans"}) {
    const auto entries = read_subject_alt_names(fixture_certificate(label).handle());
    ASSERT_FALSE(entries) << label;
    EXPECT_EQ(entries.error().code, ErrorCode::invalid_client) << label;
    EXPECT_EQ(entries.error().reason, Reason::certificate_unusable) << label;
  }
}

TEST(ReadSubjectAltNames, CountsTwoExtensionsAsMalformed) {
  const auto entries = read_subject_alt_names(fixture_certificate("two_sans").handle());
  ASSERT_FALSE(entries);
  EXPECT_THAT(entries.error().detail, HasSubstr("more than once"));
}

}  // namespace
}  // namespace certbound::x509
