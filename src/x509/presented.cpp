#include "x509/presented.hpp"

#include <utility>

#include <openssl/core_names.h>
#include <openssl/err.h>

#include "crypto/key.hpp"
#include "x509/name.hpp"

namespace certbound::x509 {

namespace {

Error refuse_presented(std::string detail) {
  return {ErrorCode::invalid_client, Reason::certificate_unusable, "client authentication failed", std::move(detail)};
}

/// A curve spelled out in the certificate, even where its numbers are those of P-256, is no named curve (RFC 5480
/// section 2.1.1).
bool has_explicit_curve(const EVP_PKEY& key) {
  int is_explicit = 0;
  if (EVP_PKEY_get_int_param(&key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &is_explicit) != 1) {
    ERR_clear_error();
    return false;
  }
  return is_explicit != 0;
}

}  // namespace

PresentedChain::PresentedChain(Certificate leaf_certificate, std::vector<Certificate> others)
    : leaf{std::move(leaf_certificate)},
      intermediates{std::move(others)},
      leaf_thumbprint{thumbprint(leaf)},
      x5t_s256{leaf_thumbprint.to_base64url()},
      subject{render_name(*X509_get_subject_name(&leaf.handle()))},
      issuer{render_name(*X509_get_issuer_name(&leaf.handle()))},
      serial{leaf.serial_hex()} {}

Result<void> check_presented_key(const Certificate& leaf) {
  const EVP_PKEY* key = X509_get0_pubkey(&leaf.handle());
  if (key == nullptr) {
    return refuse_presented("the public key cannot be decoded (" + crypto::take_openssl_errors() + ")");
  }
  if (auto strong = crypto::check_key_strength(*key); !strong) return strong;
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC && has_explicit_curve(*key)) {
    return refuse_presented("an EC key with explicit curve parameters; P-256, P-384 or P-521 by name are accepted");
  }
  return {};
}

}  // namespace certbound::x509
