#include "certbound/presented_certificate.hpp"

#include <utility>

#include "base/base64url.hpp"
#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "x509/certificate.hpp"
#include "x509/der.hpp"

namespace certbound {

namespace {

/// No certificate of a client is a tenth of it.
constexpr std::size_t kMaximumCertificateBytes = 64UL * 1024;

/// RFC 8941 section 4.2: blanks around an item count for nothing.
std::string_view without_blanks(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

/// Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue } (RFC 5280 section 4.1), and nothing
/// behind it. What is in them does not matter: only the octets that the token names are equal to them. OpenSSL would
/// take a hundred times as long, most of it for the key.
bool has_frame_of_certificate(ByteView der) {
  using x509::DerReader;
  DerReader outer{der};
  const auto certificate = outer.read(x509::der_tag::kSequence);
  if (!certificate || !outer.is_at_end()) return false;
  DerReader inner{certificate->content};
  return inner.read(x509::der_tag::kSequence) && inner.read(x509::der_tag::kSequence) &&
         inner.read(x509::der_tag::kBitString) && inner.is_at_end();
}

/// The DER of a text that is one CERTIFICATE block in the usual form (RFC 7468 section 3): the two lines, base64
/// between them, line feeds alone at the ends. Nothing where it is another; that need not be wrong.
std::optional<Bytes> read_usual_pem(std::string_view pem) {
  constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----\n";
  constexpr std::string_view kEnd = "\n-----END CERTIFICATE-----";
  if (pem.ends_with('\n')) pem.remove_suffix(1);
  if (pem.size() < kBegin.size() + kEnd.size() || !pem.starts_with(kBegin) || !pem.ends_with(kEnd)) return std::nullopt;
  pem = pem.substr(kBegin.size(), pem.size() - kBegin.size() - kEnd.size());
  std::string digits;
  digits.reserve(pem.size());
  for (const std::string_view line : split(pem, '\n')) {
    if (line.empty()) return std::nullopt;
    digits += line;
  }
  return base64_decode(digits);
}

}  // namespace

PresentedCertificate PresentedCertificate::malformed(std::string problem) {
  PresentedCertificate presented;
  presented.problem_ = "the presented certificate: " + std::move(problem);
  return presented;
}

PresentedCertificate PresentedCertificate::none() { return {}; }

PresentedCertificate PresentedCertificate::from_x509(X509* certificate) {
  PresentedCertificate presented;
  if (certificate != nullptr) {
    presented.thumbprint_ = x509::thumbprint(x509::Certificate::share(*certificate)).octets;
  }
  return presented;
}

PresentedCertificate PresentedCertificate::from_der(std::span<const std::uint8_t> der) {
  if (der.size() > kMaximumCertificateBytes) return malformed("larger than 64 KiB");
  if (!has_frame_of_certificate(der)) return malformed("not one certificate in DER");
  PresentedCertificate presented;
  presented.thumbprint_ = crypto::sha256(der).octets;
  return presented;
}

PresentedCertificate PresentedCertificate::from_pem(std::string_view pem) {
  if (pem.size() > 2 * kMaximumCertificateBytes) return malformed("larger than 128 KiB");
  if (const auto der = read_usual_pem(pem)) return from_der(*der);
  auto certificates = x509::parse_pem_certificates(pem);
  if (!certificates) return malformed(std::move(certificates.error().detail));
  if (certificates->size() != 1) return malformed(std::to_string(certificates->size()) + " certificates, not one");
  PresentedCertificate presented;
  presented.thumbprint_ = x509::thumbprint(certificates->front()).octets;
  return presented;
}

PresentedCertificate PresentedCertificate::from_client_cert(std::string_view field_value) {
  const std::string_view item = without_blanks(field_value);
  if (item.size() < 2 || item.front() != ':' || item.back() != ':') {
    return malformed("Client-Cert is not one byte sequence (RFC 9440 section 2.2)");
  }
  if (item.size() > 2 * kMaximumCertificateBytes) return malformed("larger than 128 KiB");
  const auto der = base64_decode(item.substr(1, item.size() - 2));
  if (!der) return malformed("Client-Cert is not base64");
  return from_der(*der);
}

std::string PresentedCertificate::x5t_s256() const {
  return thumbprint_ ? base64url_encode(*thumbprint_) : std::string{};
}

}  // namespace certbound
