#include "x509/name.hpp"

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.hpp"
#include "crypto/handle.hpp"
#include "x509/attribute_type.hpp"
#include "x509/name_value.hpp"

namespace certbound::x509 {
namespace {

using testing::HasSubstr;
using testing::Not;
using NameHandle = std::unique_ptr<X509_NAME, crypto::Deleter<X509_NAME_free>>;

NameHandle decode_name(std::string_view hex) {
  const auto der = hex_decode(hex);
  if (!der) return {};
  const unsigned char* at = der->data();
  return NameHandle{d2i_X509_NAME(nullptr, &at, static_cast<long>(der->size()))};
}

Name presented_name(std::string_view hex) {
  const NameHandle handle = decode_name(hex);
  if (!handle) throw std::runtime_error{"not a name: " + std::string{hex}};
  auto name = Name::from_x509(*handle);
  if (!name) throw std::runtime_error{name.error().detail};
  return std::move(*name);
}

Name registered_name(std::string_view text) {
  auto name = Name::parse(text);
  if (!name) throw std::runtime_error{std::string{text} + ": " + name.error().detail};
  return std::move(*name);
}

std::string problem_of(std::string_view text) {
  const auto name = Name::parse(text);
  if (name) return "accepted as " + name->to_rfc4514();
  EXPECT_EQ(name.error().code, ErrorCode::invalid_request);
  return name.error().detail;
}

std::vector<std::vector<std::string>> fixture_rows(const std::string& file_name, char separator) {
  std::ifstream file{CERTBOUND_FIXTURES "/names/" + file_name};
  std::vector<std::vector<std::string>> rows;
  std::string line;
  while (std::getline(file, line)) {
    if (line.front() == '#') continue;
    rows.emplace_back();
    for (const std::string_view part : split(line, separator)) rows.back().emplace_back(part);
  }
  return rows;
}

std::string match_name(NameMatch match) {
  switch (match) {
    case NameMatch::equal:
      return "equal";
    case NameMatch::order_differs:
      return "order";
    case NameMatch::different:
      return "different";
  }
  return {};
}

// RFC 5280 section 7.1 and the policies DN-1 to DN-22.
TEST(CompareNames, FollowsTheCaseTable) {
  const auto rows = fixture_rows("dn_cases.txt", '|');
  ASSERT_GT(rows.size(), 50U);
  for (const auto& row : rows) {
    SCOPED_TRACE(row[0] + ": " + row[2]);
    const NameHandle handle = decode_name(row[3]);
    if (row[1] == "unreadable") {
      EXPECT_FALSE(handle);
      continue;
    }
    ASSERT_TRUE(handle);
    const auto presented = Name::from_x509(*handle);
    if (row[1] == "unusable") {
      ASSERT_FALSE(presented);
      EXPECT_EQ(presented.error().code, ErrorCode::invalid_client);
      EXPECT_EQ(presented.error().reason, Reason::certificate_unusable);
      continue;
    }
    ASSERT_TRUE(presented) << presented.error().detail;
    const Name registered = registered_name(row[2]);
    EXPECT_EQ(match_name(compare_names(registered, *presented)), row[1]);
    EXPECT_EQ(registered.canonical() == presented->canonical(), row[1] == "equal");
  }
}

// Row 17: OpenSSL reads no OCTET STRING in a name (dn_cases.txt), so this is one RDN against another.
TEST(CompareNames, ComparesOtherTypesByDer) {
  const std::unique_ptr<ASN1_STRING, crypto::Deleter<ASN1_STRING_free>> value{
      ASN1_STRING_type_new(V_ASN1_OCTET_STRING)};
  ASSERT_EQ(ASN1_STRING_set(value.get(), "Hi", 2), 1);
  const auto presented = make_asn1_attribute("1.3.6.1.4.1.1466.0", *value);
  ASSERT_TRUE(presented);

  EXPECT_TRUE(is_same_attribute(registered_name("1.3.6.1.4.1.1466.0=#04024869").rdns()[0][0], *presented));
  EXPECT_FALSE(is_same_attribute(registered_name("1.3.6.1.4.1.1466.0=#0402486a").rdns()[0][0], *presented));
  EXPECT_FALSE(is_same_attribute(registered_name("1.3.6.1.4.1.1466.0=Hi").rdns()[0][0], *presented));
  EXPECT_EQ(render_attribute(*presented), "1.3.6.1.4.1.1466.0=#04024869");
}

TEST(CompareNames, TellsAnotherOrderFromAnotherName) {
  const Name name = registered_name("CN=a,OU=b,O=c");
  EXPECT_EQ(compare_names(name, registered_name("O=c,OU=b,CN=a")), NameMatch::order_differs);
  EXPECT_EQ(compare_names(name, registered_name("OU=b,CN=a,O=c")), NameMatch::order_differs);
  EXPECT_EQ(compare_names(name, registered_name("CN=a,OU=b,O=d")), NameMatch::different);
  EXPECT_EQ(compare_names(registered_name("CN=a,CN=a,CN=b"), registered_name("CN=a,CN=b,CN=b")), NameMatch::different);
}

// DN-21: two empty names are not equal.
TEST(CompareNames, NeverMatchesAnEmptyName) {
  const Name empty = presented_name("3000");
  EXPECT_TRUE(empty.is_empty());
  EXPECT_EQ(compare_names(empty, empty), NameMatch::different);
  EXPECT_EQ(empty.canonical(), "");
}

// OpenSSL refuses most of these before us; what it accepts may change.
TEST(Asn1Attribute, RefusesABrokenString) {
  using std::string_literals::operator""s;
  const std::pair<int, std::string> broken[] = {
      {V_ASN1_UTF8STRING, "\xc3\x28"},   {V_ASN1_UTF8STRING, "\xed\xa0\x80"}, {V_ASN1_BMPSTRING, "\xd8\0\xdc\0"s},
      {V_ASN1_BMPSTRING, "\0x\0"s},      {V_ASN1_UNIVERSALSTRING, "\0\0x"s},  {V_ASN1_UNIVERSALSTRING, "\0\x11\0\0"s},
      {V_ASN1_PRINTABLESTRING, "x\xe4"}, {V_ASN1_IA5STRING, "x\xe4"},         {V_ASN1_PRINTABLESTRING, "a\0b"s},
      {V_ASN1_TELETEXSTRING, "a\x85"},   {V_ASN1_BMPSTRING, "\x20\x0b"},
  };
  for (const auto& [tag, octets] : broken) {
    const std::unique_ptr<ASN1_STRING, crypto::Deleter<ASN1_STRING_free>> value{ASN1_STRING_type_new(tag)};
    ASSERT_EQ(ASN1_STRING_set(value.get(), octets.data(), static_cast<int>(octets.size())), 1);
    EXPECT_FALSE(make_asn1_attribute("2.5.4.3", *value)) << tag << ' ' << hex_encode(as_bytes(octets));
  }
}

// DN-20: a value that cannot be compared does not even equal itself.
TEST(CompareNames, NeverMatchesAnUndefinedValue) {
  const Name name = presented_name("300f310d300b06035504030c0478ee8080");
  EXPECT_EQ(compare_names(name, name), NameMatch::different);
  EXPECT_EQ(name.canonical(), "");
}

// RFC 4514 section 4 with the DER of each example.
TEST(ParseName, ReadsTheExamplesOfRfc4514) {
  const std::pair<const char*, const char*> examples[] = {
      {"UID=jsmith,DC=example,DC=net",
       "304631133011060a0992268993f22c64011916036e657431173015060a0992268993f22c64011916076578616d706c6531163014060a099"
       "2268993f2"
       "2c6401010c066a736d697468"},
      {"OU=Sales+CN=J.  Smith,DC=example,DC=net",
       "305031133011060a0992268993f22c64011916036e657431173015060a0992268993f22c64011916076578616d706c653120300c0603550"
       "40b0c0553"
       "616c6573301006035504030c094a2e2020536d697468"},
      {"CN=James \\\"Jim\\\" Smith\\, III,DC=example,DC=net",
       "304f31133011060a0992268993f22c64011916036e657431173015060a0992268993f22c64011916076578616d706c65311f301d0603550"
       "4030c164a"
       "616d657320224a696d2220536d6974682c20494949"},
      {"CN=Lu\\C4\\8Di\\C4\\87", "30123110300e06035504030c074c75c48d69c487"},
  };
  for (const auto& [text, der] : examples) {
    SCOPED_TRACE(text);
    const Name registered = registered_name(text);
    const Name presented = presented_name(der);
    EXPECT_EQ(compare_names(registered, presented), NameMatch::equal);
    EXPECT_EQ(compare_names(registered_name(presented.to_rfc4514()), presented), NameMatch::equal);
  }
  EXPECT_EQ(registered_name("1.3.6.1.4.1.1466.0=#04024869").rdns()[0][0].der, (Bytes{0x04, 0x02, 0x48, 0x69}));
}

// The fourth example of RFC 4514 section 4: a carriage return, refused on both sides (DN-19, row 16).
TEST(ParseName, RefusesControlAndInvisibleCharacters) {
  EXPECT_THAT(problem_of("CN=Before\\0dAfter,DC=example,DC=net"), HasSubstr("U+000D"));
  EXPECT_THAT(problem_of("CN=a\\00b"), HasSubstr("U+0000"));
  EXPECT_THAT(problem_of("CN=a\tb"), HasSubstr("U+0009"));
  EXPECT_THAT(problem_of("CN=a\\C2\\ADb"), HasSubstr("U+00AD"));
  EXPECT_THAT(problem_of("CN=a\u200bb"), HasSubstr("U+200B"));
  EXPECT_THAT(problem_of("CN=#0C0361"
                         "0062"),
              HasSubstr("U+0000"));
  EXPECT_THAT(problem_of(std::string_view{"CN=a\0b", 6}), HasSubstr("U+0000"));
}

// RFC 4514 section 2.1 (DN-1): the string is the reverse of the DER.
TEST(ParseName, ReversesTheOrder) {
  const Name name = registered_name("CN=x,O=y,C=GB");
  ASSERT_EQ(name.rdns().size(), 3U);
  EXPECT_EQ(name.rdns()[0][0].oid, "2.5.4.6");
  EXPECT_EQ(name.rdns()[2][0].oid, "2.5.4.3");
  EXPECT_EQ(name.to_rfc4514(), "CN=x,O=y,C=GB");
}

// RFC 4514 section 3 (DN-2).
TEST(ParseName, KnowsTheKeywordsInAnyCase) {
  const std::pair<const char*, const char*> keywords[] = {
      {"CN", "2.5.4.3"},
      {"L", "2.5.4.7"},
      {"ST", "2.5.4.8"},
      {"O", "2.5.4.10"},
      {"OU", "2.5.4.11"},
      {"C", "2.5.4.6"},
      {"STREET", "2.5.4.9"},
      {"DC", "0.9.2342.19200300.100.1.25"},
      {"UID", "0.9.2342.19200300.100.1.1"},
      {"emailAddress", "1.2.840.113549.1.9.1"},
      {"E", "1.2.840.113549.1.9.1"},
      {"serialNumber", "2.5.4.5"},
      {"SN", "2.5.4.4"},
      {"GN", "2.5.4.42"},
      {"givenName", "2.5.4.42"},
      {"title", "2.5.4.12"},
      {"organizationIdentifier", "2.5.4.97"},
      {"businessCategory", "2.5.4.15"},
      {"jurisdictionC", "1.3.6.1.4.1.311.60.2.1.3"},
      {"jurisdictionCountryName", "1.3.6.1.4.1.311.60.2.1.3"},
      {"jurisdictionST", "1.3.6.1.4.1.311.60.2.1.2"},
      {"jurisdictionL", "1.3.6.1.4.1.311.60.2.1.1"},
      {"postalCode", "2.5.4.17"},
      {"dnQualifier", "2.5.4.46"},
      {"pseudonym", "2.5.4.65"},
      {"initials", "2.5.4.43"},
      {"generationQualifier", "2.5.4.44"},
  };
  for (const auto& [keyword, oid] : keywords) {
    for (const std::string& spelled : {std::string{keyword}, ascii_lower(keyword), std::string{oid}}) {
      EXPECT_EQ(registered_name(spelled + "=x").rdns()[0][0].oid, oid) << spelled;
    }
  }
}

// The table is ours; OpenSSL has the same OIDs under the same names.
TEST(AttributeType, AgreesWithOpenssl) {
  for (const char* keyword : {"CN",
                              "L",
                              "ST",
                              "O",
                              "OU",
                              "C",
                              "DC",
                              "UID",
                              "emailAddress",
                              "serialNumber",
                              "SN",
                              "GN",
                              "title",
                              "organizationIdentifier",
                              "businessCategory",
                              "jurisdictionC",
                              "jurisdictionST",
                              "jurisdictionL",
                              "postalCode",
                              "dnQualifier",
                              "pseudonym",
                              "initials",
                              "generationQualifier",
                              "street",
                              "name",
                              "description",
                              "x500UniqueIdentifier",
                              "unstructuredName",
                              "postOfficeBox",
                              "telephoneNumber"}) {
    ASN1_OBJECT* object = OBJ_txt2obj(keyword, 0);
    ASSERT_NE(object, nullptr) << keyword;
    EXPECT_EQ(dotted_oid(*object), find_attribute_oid(keyword)) << keyword;
    ASN1_OBJECT_free(object);
  }
}

// DN-3: an unknown keyword is an error, never dropped.
TEST(ParseName, RefusesAnUnknownType) {
  EXPECT_THAT(problem_of("CNN=x"), HasSubstr("did you mean CN?"));
  EXPECT_THAT(problem_of("S=x"), HasSubstr("did you mean ST?"));
  EXPECT_THAT(problem_of("whatever=x"), HasSubstr("write its dotted OID"));
  EXPECT_THAT(problem_of("OID.2.5.4.3=x"), HasSubstr("write CN=x"));
  for (const char* type : {"2", "2.", "2.5.04.3", "3.1", "1.40", "2..5", ".2.5"}) {
    EXPECT_THAT(problem_of(std::string{type} + "=x"), HasSubstr("position 1: unknown attribute type")) << type;
  }
}

TEST(ParseName, ToleratesBlanksAroundSeparators) {
  const Name name = registered_name("CN=a+OU=b,O=c d");
  for (const char* text :
       {" CN=a + OU=b , O=c d ", "CN =a+OU = b,O= c d", "CN=a +OU=b, O=c d  ", "OU = b + CN = a , O = c d"}) {
    EXPECT_EQ(compare_names(name, registered_name(text)), NameMatch::equal) << text;
    EXPECT_EQ(registered_name(text).rdns()[0][0].text, "c d") << text;
  }
}

// RFC 4514 section 2.4 and 3 (DN-5).
TEST(ParseName, ReadsEveryEscape) {
  EXPECT_EQ(registered_name("CN=\\\"\\+\\,\\;\\<\\>\\\\\\#\\=\\ x").rdns()[0][0].text, "\"+,;<>\\#= x");
  EXPECT_EQ(registered_name("CN=\\ x\\ ").rdns()[0][0].text, " x ");
  EXPECT_EQ(registered_name("CN=x\\20 ").rdns()[0][0].text, "x ");
  EXPECT_EQ(registered_name("CN=\\#x").rdns()[0][0].text, "#x");
  EXPECT_EQ(registered_name("CN=a#b=c").rdns()[0][0].text, "a#b=c");
  EXPECT_EQ(registered_name("CN=\\c3\\A4").rdns()[0][0].text, "\u00e4");
}

// DN-4.
TEST(ParseName, ReadsHexadecimalValues) {
  EXPECT_EQ(registered_name("2.5.4.97=#0C1050534447422D4643412D313233343536").rdns()[0][0].text, "PSDGB-FCA-123456");
  EXPECT_EQ(registered_name("CN=#1e0400e40062").rdns()[0][0].text, "\u00e4b");
  // BER: a long form of the length, and a constructed string.
  EXPECT_EQ(registered_name("CN=#0c810161").rdns()[0][0].text, "a");
  EXPECT_EQ(registered_name("CN=#2c800c01610c01620000").rdns()[0][0].text, "ab");
  EXPECT_EQ(registered_name("2.5.4.45=#03810300ffff").rdns()[0][0].der, (Bytes{0x03, 0x03, 0x00, 0xff, 0xff}));
  for (const char* text : {"CN=#", "CN=#0", "CN=#0c", "CN=#0c0261", "CN=#0c016161", "CN=#0c01zz", "CN=#0c01 61",
                           "CN=#1e0100", "CN=#0c02c328"}) {
    EXPECT_THAT(problem_of(text), HasSubstr("position 4: ")) << text;
  }
}

// DN-6.
TEST(ParseName, RefusesSyntaxErrorsWithTheirPosition) {
  EXPECT_THAT(problem_of("CN=a\"b"), HasSubstr("position 5: '\"' inside a value is written \\\""));
  EXPECT_THAT(problem_of("CN=a;b"), HasSubstr("position 5: ';'"));
  EXPECT_THAT(problem_of("CN=a<b"), HasSubstr("position 5: '<'"));
  EXPECT_THAT(problem_of("CN=a>b"), HasSubstr("position 5: '>'"));
  EXPECT_THAT(problem_of("CN=a\\"), HasSubstr("position 5: '\\' at the end"));
  EXPECT_THAT(problem_of("CN=a\\x"), HasSubstr("position 5: '\\' stands before"));
  EXPECT_THAT(problem_of("CN=a\\4"), HasSubstr("position 5: '\\' stands before"));
  EXPECT_THAT(problem_of("CN=a,,O=b"), HasSubstr("position 6: expected TYPE=value"));
  EXPECT_THAT(problem_of("CN=a,"), HasSubstr("position 6: nothing follows the last ','"));
  EXPECT_THAT(problem_of("CN=a+"), HasSubstr("nothing follows the last '+'"));
  EXPECT_THAT(problem_of("CN=a++O=b"), HasSubstr("expected TYPE=value"));
  EXPECT_THAT(problem_of("CN"), HasSubstr("position 3: expected '=' after 'CN'"));
  EXPECT_THAT(problem_of("CN,O=b"), HasSubstr("expected '='"));
  EXPECT_THAT(problem_of("=a"), HasSubstr("position 1: expected TYPE=value"));
  EXPECT_THAT(problem_of("CN=\\ff"), HasSubstr("not UTF-8"));
  EXPECT_THAT(problem_of("CN=a\xff"), HasSubstr("not UTF-8"));
}

// DN-20, DN-21: what could equal nothing is not registered.
TEST(ParseName, RefusesWhatCouldNeverMatch) {
  EXPECT_THAT(problem_of(""), HasSubstr("the distinguished name is empty"));
  EXPECT_THAT(problem_of("   "), HasSubstr("the distinguished name is empty"));
  EXPECT_THAT(problem_of("CN="), HasSubstr("the value of CN is empty"));
  EXPECT_THAT(problem_of("CN=,O=b"), HasSubstr("position 4: the value of CN is empty"));
  EXPECT_THAT(problem_of("CN=\\ "), HasSubstr("the value of CN is empty"));
  EXPECT_THAT(problem_of("CN=x\u0378"), HasSubstr("cannot be compared"));
  EXPECT_THAT(problem_of("CN=x\ue000"), HasSubstr("cannot be compared"));
  EXPECT_THAT(problem_of("DC=b\u00fccher"), HasSubstr("xn--"));
}

// D15: what operators paste is refused, with the right string.
TEST(ParseName, PrintsTheRightStringForWhatOpensslPrints) {
  const auto rows = fixture_rows("openssl_forms.txt", '|');
  ASSERT_GT(rows.size(), 12U);
  for (const auto& row : rows) {
    SCOPED_TRACE(row[1]);
    const std::string problem = problem_of(row[1]);
    const std::size_t at = problem.rfind("write ");
    ASSERT_NE(at, std::string::npos) << problem;
    const std::string written = problem.substr(at + 6, problem.find(" (or, where") - at - 6);
    EXPECT_EQ(compare_names(registered_name(row[0]), registered_name(written)), NameMatch::equal) << problem;
  }
}

TEST(ParseName, PrintsTheRightStringForOtherForms) {
  EXPECT_THAT(problem_of("C = GB, O = \"A, B\""), HasSubstr("write O=A\\, B,C=GB"));
  EXPECT_THAT(problem_of("C=GB, O=\"A, B\", CN=x"), HasSubstr("write CN=x,O=A\\, B,C=GB"));
  EXPECT_THAT(problem_of("CN=x, O=\"A, B\", C=GB"), HasSubstr("write CN=x,O=A\\, B,C=GB"));
  EXPECT_THAT(problem_of("CN=x;O=y"), HasSubstr("write CN=x,O=y"));
  EXPECT_THAT(problem_of("/C=GB/O=x"), HasSubstr("write O=x,C=GB"));
  EXPECT_THAT(problem_of("/C=GB/O=a/b/CN=x"), HasSubstr("write CN=x,O=a/b,C=GB"));
  EXPECT_THAT(problem_of("/C=GB/O=/a/CN=x"), HasSubstr("write CN=x,O=/a,C=GB"));
  EXPECT_THAT(problem_of("/C=GB/OU=Sales+CN=x"), Not(HasSubstr("write OU")));
  EXPECT_THAT(problem_of("/nonsense"), Not(HasSubstr("write ")));
}

// OpenSSL's blanks alone are no reason to refuse: the order decides.
TEST(ParseName, AcceptsBlanksInTheOrderOfRfc4514) {
  EXPECT_EQ(registered_name("CN = etl-01, O = Partner Corp, C = GB").to_rfc4514(), "CN=etl-01,O=Partner Corp,C=GB");
  EXPECT_EQ(registered_name("C=GB,O=P,CN=x").to_rfc4514(), "C=GB,O=P,CN=x");
  EXPECT_EQ(registered_name("CN = x").to_rfc4514(), "CN=x");
}

// RFC 4514 text by an independent printer, and our own text read again.
TEST(NameText, SurvivesPrintingAndParsing) {
  const auto rows = fixture_rows("rfc4514_names.txt", '|');
  ASSERT_GT(rows.size(), 100U);
  for (const auto& row : rows) {
    SCOPED_TRACE(row[0]);
    const Name presented = presented_name(row[1]);
    EXPECT_EQ(compare_names(registered_name(row[0]), presented), NameMatch::equal);
    const Name again = registered_name(presented.to_rfc4514());
    EXPECT_EQ(compare_names(again, presented), NameMatch::equal) << presented.to_rfc4514();
    EXPECT_EQ(again.to_rfc4514(), presented.to_rfc4514());
    EXPECT_EQ(again.canonical(), presented.canonical());
  }
}

// Every prefix of a long name is read or refused, and nothing else happens.
TEST(ParseName, SurvivesACutAtEveryOctet) {
  const std::string text = "CN=J\\, \\C3\\A4+OU=b, 2.5.4.97=#0C0150,1.2.3=\\ x,DC=net";
  for (std::size_t length = 0; length < text.size(); ++length) {
    const auto name = Name::parse(text.substr(0, length));
    if (name) {
      EXPECT_EQ(compare_names(*name, registered_name(name->to_rfc4514())), NameMatch::equal) << length;
    }
  }
}

TEST(CanonicalName, DoesNotConfuseSeparatorsWithText) {
  EXPECT_NE(registered_name("CN=a\\,2.5.4.10= b").canonical(), registered_name("O=b,CN=a").canonical());
  EXPECT_NE(registered_name("CN=a\\+2.5.4.10= b").canonical(), registered_name("O=b+CN=a").canonical());
  EXPECT_NE(registered_name("1.2.3=\\#0400").canonical(), registered_name("1.2.3=#0400").canonical());
  EXPECT_EQ(registered_name("CN=A  B+OU=c").canonical(), registered_name("ou=C+cn=a b").canonical());
}

// RFC 5280 section 4.1.2.4: an RDN has at least one attribute. One that is empty must not make two names equal.
TEST(PresentedName, RefusesAnEmptyRdnWhereverItStands) {
  const std::string rdn = "310b300906035504030c02c3a4";
  for (const std::string& hex : {"300f" + rdn + "3100", "300f3100" + rdn, "301c" + rdn + "3100" + rdn,
                                 "3011" + rdn + "31003100", std::string{"30023100"}}) {
    const NameHandle handle = decode_name(hex);
    ASSERT_TRUE(handle) << hex;
    const auto name = Name::from_x509(*handle);
    ASSERT_FALSE(name) << hex;
    EXPECT_EQ(name.error().reason, Reason::certificate_unusable);
    EXPECT_THAT(name.error().detail, HasSubstr("an RDN is empty"));
  }
  EXPECT_EQ(presented_name("301a" + rdn + rdn).rdns().size(), 2U);
}

TEST(RenderName, NeverFailsAndShowsNoControlCharacter) {
  const NameHandle good = decode_name("300d310b300906035504030c02c3a4");
  EXPECT_EQ(render_name(*good), "CN=\u00e4");
  const NameHandle with_nul = decode_name("300e310c300a06035504030c03610a62");
  EXPECT_EQ(render_name(*with_nul), "CN=a\\0Ab");
  const NameHandle empty = decode_name("3000");
  EXPECT_EQ(render_name(*empty), "");
}

}  // namespace
}  // namespace certbound::x509
