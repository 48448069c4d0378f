#include "gate/forwarded_certificate.hpp"

#include "unit/gate/proxy_request.hpp"

namespace certbound::gate {

namespace {

using test::base64_of;
using test::escape;
using test::make_request;
using test::rfc9440;
using verifier::test::kThumbprint;
using verifier::test::load_pem;

PresentedCertificate read(CertificateFormat format, const std::string& value) {
  return read_forwarded_certificate(make_request({{"x-cert", value}}), "x-cert", format);
}

void expect_malformed(const PresentedCertificate& presented, const std::string& what) {
  EXPECT_TRUE(presented.is_malformed()) << what;
  EXPECT_FALSE(presented.thumbprint()) << what;
}

std::string cert_of(const std::string& name) { return "Cert=\"" + escape(load_pem(name)) + "\""; }

}  // namespace

TEST(ForwardedCertificate, IsTheSameInEveryFormat) {
  const std::string pem = load_pem("appendix-a");
  EXPECT_EQ(read(CertificateFormat::rfc9440, rfc9440(pem)).x5t_s256(), kThumbprint);
  EXPECT_EQ(read(CertificateFormat::nginx, escape(pem)).x5t_s256(), kThumbprint);
  EXPECT_EQ(read(CertificateFormat::base64, base64_of(pem)).x5t_s256(), kThumbprint);
  const std::string xfcc = "Hash=468ed33be74eee6556d90c0149c1309e9ba61d6425303443c0748a02dd8de688;" +
                           cert_of("appendix-a") + ";Subject=\"CN=a \\\"b\\\", O=c;d\";URI=spiffe://x/y";
  EXPECT_EQ(read(CertificateFormat::xfcc, xfcc).x5t_s256(), kThumbprint);
  EXPECT_EQ(read(CertificateFormat::xfcc, "cert=" + escape(pem)).x5t_s256(), kThumbprint);
}

TEST(ForwardedCertificate, IsNoneWithoutTheHeader) {
  for (const auto format :
       {CertificateFormat::rfc9440, CertificateFormat::nginx, CertificateFormat::base64, CertificateFormat::xfcc}) {
    EXPECT_TRUE(read_forwarded_certificate(make_request({{"other", "a"}}), "x-cert", format).is_none());
    EXPECT_TRUE(read(format, "").is_none());
  }
}

// Which of two would be the proxy's?
TEST(ForwardedCertificate, StandsOnceOrNotAtAll) {
  const std::string pem = escape(load_pem("appendix-a"));
  const auto read_all = [](std::vector<http::Header> headers) {
    return read_forwarded_certificate(make_request(std::move(headers)), "x-cert", CertificateFormat::nginx);
  };
  expect_malformed(read_all({{"x-cert", pem}, {"x-cert", pem}}), "twice");
  expect_malformed(read_all({{"x-cert", pem}, {"x-cert", ""}}), "and empty");
  expect_malformed(read_all({{"x_cert", pem}}), "an alias alone");
  expect_malformed(read_all({{"x-cert", pem}, {"x_cert", ""}}), "beside an alias");
  EXPECT_EQ(read_all({{"x-cert", pem}, {"x-certs", "a"}, {"y_cert", "a"}}).x5t_s256(), kThumbprint);
}

TEST(ForwardedCertificate, OfOneFormatIsNoneOfAnother) {
  const std::string pem = load_pem("appendix-a");
  const std::string values[] = {rfc9440(pem), escape(pem), base64_of(pem), cert_of("appendix-a")};
  const CertificateFormat formats[] = {CertificateFormat::rfc9440, CertificateFormat::nginx, CertificateFormat::base64,
                                       CertificateFormat::xfcc};
  for (std::size_t i = 0; i < 4; ++i) {
    for (std::size_t j = 0; j < 4; ++j) {
      if (i != j) expect_malformed(read(formats[i], values[j]), values[j].substr(0, 8));
    }
  }
}

TEST(ForwardedCertificate, RefusesDamagedEscapes) {
  const std::string pem = escape(load_pem("appendix-a"));
  for (const std::string& bad : {pem.substr(0, pem.size() - 1), pem + "%", pem + "%0", pem + "%zz", pem + pem,
                                 std::string{"%"}, std::string{"%2"}, std::string{"a"}}) {
    expect_malformed(read(CertificateFormat::nginx, bad),
                     bad.substr(bad.size() - std::min<std::size_t>(bad.size(), 5)));
  }
}

// Traefik lists the chain behind the leaf, with commas; earlier versions of it escape the text.
TEST(ForwardedCertificate, OfBase64IsOneCertificateAndNothingElse) {
  const std::string base64 = base64_of(load_pem("appendix-a"));
  const std::string other = base64_of(load_pem("rfc9440-leaf"));
  for (const std::string& bad :
       {base64 + "," + other, base64 + ",", "," + base64, base64 + base64, base64 + other, base64 + " ", base64 + ":",
        ":" + base64, escape(base64 + "="), base64 + "%3D", base64 + "A", base64.substr(1),
        base64.substr(0, 64) + " " + base64.substr(64), load_pem("appendix-a"), std::string(200UL * 1024, 'A'),
        std::string{"AAAA"}, std::string{","}, std::string{" "}}) {
    expect_malformed(read(CertificateFormat::base64, bad), bad.substr(0, 80));
  }
  for (std::size_t size = 1; size < base64.size(); ++size) {
    EXPECT_FALSE(read(CertificateFormat::base64, base64.substr(0, size)).thumbprint()) << size;
  }
}

TEST(ForwardedCertificate, StandsInTheHeaderThatItsProxiesSet) {
  EXPECT_EQ(usual_header(CertificateFormat::rfc9440), "client-cert");
  EXPECT_EQ(usual_header(CertificateFormat::nginx), "x-ssl-client-cert");
  EXPECT_EQ(usual_header(CertificateFormat::base64), "x-forwarded-tls-client-cert");
  EXPECT_EQ(usual_header(CertificateFormat::xfcc), "x-forwarded-client-cert");
}

// A proxy before ours may have been sent anything: only one that answers for the whole header is believed.
TEST(ForwardedCertificate, OfXfccIsOneElementWithOneCert) {
  const std::string cert = cert_of("appendix-a");
  for (const std::string& bad : std::vector<std::string>{
           cert + "," + cert, cert + ";" + cert, "Hash=a," + cert, cert + ",Hash=a", "Hash=a", cert + ";", ";" + cert,
           cert + ";Hash", "Cert=\"" + cert, "Cert=\"a\\", cert + "x", "Cert=\"", "C\"ert=" + cert}) {
    expect_malformed(read(CertificateFormat::xfcc, bad), bad.substr(0, 12));
  }
}

TEST(ForwardedCertificate, CutAnywhereIsNoCertificate) {
  const std::string xfcc = "Hash=ab;" + cert_of("appendix-a");
  for (std::size_t size = 1; size < xfcc.size(); ++size) {
    EXPECT_FALSE(read(CertificateFormat::xfcc, xfcc.substr(0, size)).thumbprint()) << size;
  }
}

}  // namespace certbound::gate
