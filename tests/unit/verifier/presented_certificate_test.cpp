#include "certbound/presented_certificate.hpp"

#include <openssl/pem.h>

#include "crypto/handle.hpp"
#include "issuer.hpp"

namespace certbound {

namespace {

using verifier::test::kOtherThumbprint;
using verifier::test::kThumbprint;
using verifier::test::load_pem;

Bytes der_of(const std::string& name) {
  const std::string pem = load_pem(name);
  const crypto::BioHandle bio{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
  const crypto::X509Handle certificate{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)};
  Bytes der(static_cast<std::size_t>(i2d_X509(certificate.get(), nullptr)));
  std::uint8_t* position = der.data();
  i2d_X509(certificate.get(), &position);
  return der;
}

/// RFC 9440 appendix A.
std::string client_cert_field() { return ":" + base64_encode(der_of("rfc9440-leaf")) + ":"; }

void expect_malformed(const PresentedCertificate& presented) {
  EXPECT_TRUE(presented.is_malformed());
  EXPECT_FALSE(presented.is_none());
  EXPECT_FALSE(presented.thumbprint());
  EXPECT_FALSE(presented.problem().empty());
  EXPECT_EQ(presented.x5t_s256(), "");
}

}  // namespace

// RFC 8705 appendix A: over the DER of the whole certificate.
TEST(PresentedCertificate, HasThePublishedThumbprintHoweverItCame) {
  const Bytes der = der_of("appendix-a");
  EXPECT_EQ(PresentedCertificate::from_der(der).x5t_s256(), kThumbprint);
  EXPECT_EQ(PresentedCertificate::from_pem(load_pem("appendix-a")).x5t_s256(), kThumbprint);
  EXPECT_EQ(PresentedCertificate::from_client_cert(":" + base64_encode(der) + ":").x5t_s256(), kThumbprint);
  const std::uint8_t* position = der.data();
  const crypto::X509Handle certificate{d2i_X509(nullptr, &position, static_cast<long>(der.size()))};
  const auto presented = PresentedCertificate::from_x509(certificate.get());
  EXPECT_EQ(presented.x5t_s256(), kThumbprint);
  EXPECT_FALSE(presented.is_none());
  EXPECT_FALSE(presented.is_malformed());
  EXPECT_EQ(presented.problem(), "");
}

TEST(PresentedCertificate, IsNoneWhereThePeerPresentedNone) {
  for (const auto& presented : {PresentedCertificate::none(), PresentedCertificate::from_x509(nullptr)}) {
    EXPECT_TRUE(presented.is_none());
    EXPECT_FALSE(presented.is_malformed());
    EXPECT_FALSE(presented.thumbprint());
    EXPECT_EQ(presented.x5t_s256(), "");
  }
}

TEST(PresentedCertificate, IsMalformedWhereTheDerIsNotExactlyOneCertificate) {
  Bytes der = der_of("appendix-a");
  for (std::size_t length = 0; length < der.size(); ++length) {
    expect_malformed(PresentedCertificate::from_der(ByteView{der}.first(length)));
  }
  der.push_back(0);
  expect_malformed(PresentedCertificate::from_der(der));
  expect_malformed(PresentedCertificate::from_der(Bytes(70000, 0x30)));
}

TEST(PresentedCertificate, IsMalformedWhereThePemIsNotOneCertificate) {
  const std::string pem = load_pem("appendix-a");
  expect_malformed(PresentedCertificate::from_pem(""));
  expect_malformed(PresentedCertificate::from_pem("certificate"));
  expect_malformed(PresentedCertificate::from_pem(pem + load_pem("rfc9440-leaf")));
  expect_malformed(PresentedCertificate::from_pem(pem.substr(0, pem.size() / 2)));
  expect_malformed(PresentedCertificate::from_pem(std::string(140000, 'A')));
}

// What OpenSSL writes is read at once, other spellings by OpenSSL.
TEST(PresentedCertificate, ReadsThePemOfOneCertificateHoweverItIsSpelt) {
  const std::string pem = load_pem("appendix-a");
  std::string carriage_returns;
  for (const char c : pem) carriage_returns += c == '\n' ? std::string{"\r\n"} : std::string{c};
  const std::string without_last = pem.substr(0, pem.size() - 1);
  for (const std::string& text : {pem, without_last, carriage_returns, "Certificate:\n" + pem, pem + "\n\n"}) {
    EXPECT_EQ(PresentedCertificate::from_pem(text).x5t_s256(), kThumbprint) << text;
  }
}

TEST(PresentedCertificate, IsMalformedWhereThePemIsCutAnywhere) {
  const std::string pem = load_pem("appendix-a");
  for (std::size_t length = 0; length + 1 < pem.size(); ++length) {
    expect_malformed(PresentedCertificate::from_pem(std::string_view{pem}.substr(0, length)));
    if (length > 0) expect_malformed(PresentedCertificate::from_pem(std::string_view{pem}.substr(length)));
  }
}

// A changed digit makes another certificate or none, never the same.
TEST(PresentedCertificate, IsNeverTheSameWhereThePemIsChangedAnywhere) {
  const std::string pem = load_pem("appendix-a");
  const std::size_t first = pem.find('\n') + 1;
  const std::size_t last = pem.rfind("-----END");
  for (std::size_t i = first; i < last; ++i) {
    for (const char c : {'A', 'z', '=', '-', '\0', '\xff'}) {
      std::string changed = pem;
      changed[i] = c;
      if (changed == pem) continue;
      EXPECT_NE(PresentedCertificate::from_pem(changed).x5t_s256(), kThumbprint) << i << c;
    }
  }
}

// RFC 9440 section 2.2 and appendix A.
TEST(PresentedCertificate, ReadsTheFieldOfAProxy) {
  EXPECT_EQ(PresentedCertificate::from_client_cert(client_cert_field()).x5t_s256(), kOtherThumbprint);
  EXPECT_EQ(PresentedCertificate::from_client_cert("  " + client_cert_field() + " ").x5t_s256(), kOtherThumbprint);
}

TEST(PresentedCertificate, IsMalformedWhereTheFieldIsCutAnywhere) {
  const std::string field = client_cert_field();
  for (std::size_t length = 0; length < field.size(); ++length) {
    expect_malformed(PresentedCertificate::from_client_cert(std::string_view{field}.substr(0, length)));
    if (length > 0) expect_malformed(PresentedCertificate::from_client_cert(std::string_view{field}.substr(length)));
    // Also where what is left is a byte sequence.
    if (length + 1 < field.size())
      expect_malformed(PresentedCertificate::from_client_cert(field.substr(0, length) + ":"));
  }
}

// A changed octet makes another certificate or none, never the same.
TEST(PresentedCertificate, IsNeverTheSameWhereTheFieldIsChangedAnywhere) {
  const std::string field = client_cert_field();
  for (std::size_t i = 0; i < field.size(); ++i) {
    for (const char c : {'A', 'z', '=', ' ', ',', ';', ':', '-', '\0', '\xff'}) {
      std::string changed = field;
      changed[i] = c;
      if (changed == field) continue;
      EXPECT_NE(PresentedCertificate::from_client_cert(changed).x5t_s256(), kOtherThumbprint) << i << c;
      changed = field;
      changed.insert(i, 1, c);
      if (i == 0 && c == ' ') continue;
      EXPECT_NE(PresentedCertificate::from_client_cert(changed).x5t_s256(), kOtherThumbprint) << i << c;
    }
  }
}

// A list is two certificates: nobody knows which the peer has proved to hold.
TEST(PresentedCertificate, IsMalformedWhereTheFieldHasMoreThanOneItem) {
  const std::string field = client_cert_field();
  for (const std::string& text :
       {field + ", " + field, field + field, field + ";a=1", field + "\t", "\t" + field, "\"" + field + "\"",
        std::string{"::"}, std::string{":"}, std::string{":A:"}, std::string{": :"}}) {
    expect_malformed(PresentedCertificate::from_client_cert(text));
  }
  expect_malformed(PresentedCertificate::from_client_cert(":" + std::string(200000, 'A') + ":"));
  expect_malformed(PresentedCertificate::from_client_cert(load_pem("rfc9440-leaf")));
}

}  // namespace certbound
