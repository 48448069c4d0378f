#include "certbound/presented_certificate.hpp"

#include <utility>

#include "base/base64url.hpp"
#include "crypto/digest.hpp"
#include "x509/certificate.hpp"

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
  if (auto parsed = x509::Certificate::parse_der(der); !parsed) return malformed(std::move(parsed.error().detail));
  PresentedCertificate presented;
  presented.thumbprint_ = crypto::sha256(der).octets;
  return presented;
}

PresentedCertificate PresentedCertificate::from_pem(std::string_view pem) {
  if (pem.size() > 2 * kMaximumCertificateBytes) return malformed("larger than 128 KiB");
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
