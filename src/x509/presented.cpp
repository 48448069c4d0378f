#include "x509/presented.hpp"

#include <utility>

#include "crypto/key.hpp"

namespace certbound::x509 {

namespace {

Error refuse_presented(std::string detail) {
  return {ErrorCode::invalid_client, Reason::certificate_unusable, "client authentication failed", std::move(detail)};
}

}  // namespace

PresentedChain::PresentedChain(Certificate leaf_certificate, std::vector<Certificate> others)
    : leaf{std::move(leaf_certificate)},
      intermediates{std::move(others)},
      leaf_thumbprint{thumbprint(leaf)},
      subject_name{Name::from_x509(*X509_get_subject_name(&leaf.handle()))},
      x5t_s256{leaf_thumbprint.to_base64url()},
      subject{subject_name ? subject_name->to_rfc4514() : render_name(*X509_get_subject_name(&leaf.handle()))},
      issuer{render_name(*X509_get_issuer_name(&leaf.handle()))},
      serial{leaf.serial_hex()} {}

Result<void> check_presented_key(const Certificate& leaf) {
  const EVP_PKEY* key = X509_get0_pubkey(&leaf.handle());
  if (key == nullptr) {
    return refuse_presented("the public key cannot be decoded (" + crypto::take_openssl_errors() + ")");
  }
  return crypto::check_key_strength(*key);
}

}  // namespace certbound::x509
