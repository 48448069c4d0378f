#include "x509/certificate.hpp"

#include <fstream>
#include <iterator>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/pki.hpp"

namespace certbound::x509 {

namespace {

using testing::HasSubstr;

std::string read_rfc_pem(const std::string& name) {
  std::ifstream file{std::string{CERTBOUND_FIXTURES} + "/rfc8705/" + name};
  return {std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{}};
}

Certificate load_rfc_certificate(const std::string& name) {
  auto parsed = parse_pem_certificates(read_rfc_pem(name));
  EXPECT_TRUE(parsed) << name;
  return parsed->front();
}

}  // namespace

// RFC 8705 section 3.1 and appendix A: the only published certificate with its cnf.
TEST(Thumbprint, IsThatOfRfc8705AppendixA) {
  const Certificate certificate = load_rfc_certificate("appendix-a.pem");

  EXPECT_EQ(x5t_s256(certificate), "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0");
  EXPECT_EQ(hex_encode(thumbprint(certificate).octets),
            "0380ed2f626650c840b2f263e6d2b29fae12ab39ae5db32b25ad27efad72e6fd");
  EXPECT_EQ(certificate.to_der().size(), 266U);
}

// What comes out where the PEM text, the key or the hexadecimal text is hashed or encoded, or where padding is kept.
TEST(Thumbprint, IsNoneOfTheUsualMistakes) {
  const std::string made = x5t_s256(load_rfc_certificate("appendix-a.pem"));

  EXPECT_NE(made, "RZUyid0cUQWEONv2uroCiSi6CqAXdVZueQmkxBeJ0gc");
  EXPECT_NE(made, "Wfn777VsDXE-cW3Wvzm7CuMw6D6h15KRhVqq3o80H48");
  EXPECT_NE(made, "MDM4MGVkMmY2MjY2NTBjODQwYjJmMjYzZTZkMmIyOWZhZTEyYWIzOWFlNWRiMzJiMjVhZDI3ZWZhZDcyZTZmZA");
  EXPECT_NE(made, "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0=");
  EXPECT_EQ(made.size(), 43U);
}

// RFC 7517 appendix B; RFC 9440 appendix A.
TEST(Thumbprint, IsThatOfOtherPublishedCertificates) {
  EXPECT_EQ(x5t_s256(load_rfc_certificate("rfc7517-appendix-b.pem")), "pJm2BBpkB8y7tCqrWM0X37WOmQTO8zQw-VpxVgBb21I");
  EXPECT_EQ(x5t_s256(load_rfc_certificate("rfc9440-leaf.pem")), "v68ffgcPn6jdYpBfFY2nP4ShE2Yk-6_Mk5PI9yh6aes");
}

TEST(Certificate, OfVersion1Parses) {
  const Certificate certificate = load_rfc_certificate("appendix-a.pem");

  EXPECT_EQ(X509_get_version(&certificate.handle()), X509_VERSION_1);
  EXPECT_EQ(to_rfc3339(certificate.not_before()), "2018-10-18T12:37:09Z");
  EXPECT_EQ(to_rfc3339(certificate.not_after()), "2022-05-02T12:37:09Z");
}

TEST(Certificate, ShowsItsSerialAsOpensslDoes) {
  EXPECT_EQ(load_rfc_certificate("appendix-a.pem").serial_hex(), "02");
  EXPECT_EQ(load_rfc_certificate("rfc7517-appendix-b.pem").serial_hex(), "013cff16e2e2");
}

TEST(Certificate, ComesBackFromItsDerAndItsPem) {
  const Certificate certificate = load_rfc_certificate("rfc9440-leaf.pem");
  const auto from_der = Certificate::parse_der(certificate.to_der());
  const auto from_pem = parse_pem_certificates(certificate.to_pem());

  ASSERT_TRUE(from_der);
  EXPECT_EQ(thumbprint(*from_der), thumbprint(certificate));
  ASSERT_TRUE(from_pem);
  ASSERT_EQ(from_pem->size(), 1U);
  EXPECT_EQ(thumbprint(from_pem->front()), thumbprint(certificate));
}

TEST(Certificate, OutlivesTheObjectThatItShares) {
  crypto::Sha256 expected;
  const auto shared = [&expected] {
    const Certificate original = load_rfc_certificate("appendix-a.pem");
    expected = thumbprint(original);
    return Certificate::share(original.handle());
  }();

  EXPECT_EQ(thumbprint(shared), expected);
}

TEST(ParseDer, RefusesEveryTruncation) {
  const Bytes der = load_rfc_certificate("appendix-a.pem").to_der();
  for (std::size_t length = 0; length < der.size(); ++length) {
    const auto parsed = Certificate::parse_der(ByteView{der}.first(length));

    ASSERT_FALSE(parsed) << length;
    EXPECT_EQ(parsed.error().code, ErrorCode::invalid_request);
    EXPECT_FALSE(parsed.error().detail.empty());
  }
}

TEST(ParseDer, RefusesATrailingOctet) {
  Bytes der = load_rfc_certificate("appendix-a.pem").to_der();
  der.push_back(0);
  const auto parsed = Certificate::parse_der(der);

  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().detail, "octets follow the certificate");
}

// One certificate with two encodings would have two thumbprints.
TEST(ParseDer, RefusesBerThatIsNotDer) {
  Bytes der = load_rfc_certificate("appendix-a.pem").to_der();
  ASSERT_EQ(der[0], 0x30);
  ASSERT_EQ(der[1], 0x82);  // the length in two octets; with a leading zero it is BER only
  der[1] = 0x83;
  der.insert(der.begin() + 2, 0x00);
  const auto parsed = Certificate::parse_der(der);

  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().detail, "a certificate in BER that is not DER");
}

TEST(ParsePemCertificates, KeepsTheOrderOfTheFile) {
  const std::string pem = read_rfc_pem("rfc9440-leaf.pem") + "a comment\n" + read_rfc_pem("appendix-a.pem");
  const auto parsed = parse_pem_certificates(pem);

  ASSERT_TRUE(parsed);
  ASSERT_EQ(parsed->size(), 2U);
  EXPECT_EQ((*parsed)[0].serial_hex(), "07");
  EXPECT_EQ((*parsed)[1].serial_hex(), "02");
}

TEST(ParsePemCertificates, SkipsBlocksOfOtherKinds) {
  const std::string other = "-----BEGIN DH PARAMETERS-----\nMAA=\n-----END DH PARAMETERS-----\n";
  const auto parsed = parse_pem_certificates(other + read_rfc_pem("appendix-a.pem"));

  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->size(), 1U);
}

TEST(ParsePemCertificates, RefusesAFileWithoutCertificate) {
  for (const std::string& text : {std::string{}, std::string{"hello\n"}, std::string{"\0\0", 2},
                                  std::string{"-----BEGIN DH PARAMETERS-----\nMAA=\n-----END DH PARAMETERS-----\n"}}) {
    const auto parsed = parse_pem_certificates(text);

    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().reason, Reason::invalid_input);
    EXPECT_THAT(parsed.error().detail, HasSubstr("no certificate"));
  }
}

// A file of which one certificate is lost must not count as one with fewer certificates.
TEST(ParsePemCertificates, RefusesADamagedBlockWhereverItStands) {
  const std::string good = read_rfc_pem("appendix-a.pem");
  const auto damage = [&good](const std::string& from, const std::string& to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    return text;
  };
  for (const std::string& bad :
       {damage("-----BEGIN CERTIFICATE-----", "-----BEGIN CERTIFICATE----"),
        damage("-----BEGIN CERTIFICATE-----", " -----BEGIN CERTIFICATE-----"),
        damage("-----BEGIN CERTIFICATE-----\n", ""), damage("-----END CERTIFICATE-----", "-----END CERTIFICATE"),
        damage("-----END CERTIFICATE-----", ""), damage("-----END CERTIFICATE-----", "-----END OTHER-----"),
        damage("MIIBBjCBrAIB", "MIIBBjC!rAIB"), damage("MIIBBjCBrAIB", "MIIBBjCBrAI"),
        damage("MIIBBjCBrAIBAjAK", "MIIBBjCBrAIBAjAL")}) {
    EXPECT_FALSE(parse_pem_certificates(bad)) << bad;
    EXPECT_FALSE(parse_pem_certificates(good + bad)) << bad;
    EXPECT_FALSE(parse_pem_certificates(bad + good)) << bad;
  }
}

TEST(ParsePemCertificates, RefusesEveryTruncationOfTwo) {
  const std::string pem = read_rfc_pem("rfc9440-leaf.pem") + read_rfc_pem("appendix-a.pem");
  const std::size_t first_ends = read_rfc_pem("rfc9440-leaf.pem").size();
  const std::string_view last_line = "-----END CERTIFICATE-----";
  for (std::size_t length = first_ends + last_line.size(); length < pem.rfind(last_line); ++length) {
    EXPECT_FALSE(parse_pem_certificates(pem.substr(0, length))) << length;
  }
}

TEST(ParsePemCertificates, NamesAPrivateKeyInTheFile) {
  const std::string key = "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n";
  const auto parsed = parse_pem_certificates(read_rfc_pem("appendix-a.pem") + key);

  ASSERT_FALSE(parsed);
  EXPECT_THAT(parsed.error().detail, HasSubstr("PEM block 2 is a private key"));
}

TEST(ParsePemCertificates, RefusesOpensslsTrustedCertificate) {
  std::string pem = read_rfc_pem("appendix-a.pem");
  for (std::size_t at = pem.find(" CERTIFICATE"); at != std::string::npos; at = pem.find(" CERTIFICATE", at + 20)) {
    pem.insert(at, " TRUSTED");
  }
  const auto parsed = parse_pem_certificates(pem);

  ASSERT_FALSE(parsed);
  EXPECT_THAT(parsed.error().detail, HasSubstr("TRUSTED CERTIFICATE"));
}

TEST(ParsePemCertificates, NamesTheDamagedBlock) {
  const std::string good = read_rfc_pem("appendix-a.pem");
  std::string bad = good;
  bad.replace(bad.find("MIIBBjCB"), 8, "AAAAAAAA");
  const auto parsed = parse_pem_certificates(good + bad);

  ASSERT_FALSE(parsed);
  EXPECT_THAT(parsed.error().detail, HasSubstr("PEM block 2 is damaged"));
}

}  // namespace certbound::x509
