#include "support/pki.hpp"

#include <stdexcept>

#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include "crypto/handle.hpp"

namespace certbound::test {

namespace {

using ExtensionHandle = std::unique_ptr<X509_EXTENSION, crypto::Deleter<X509_EXTENSION_free>>;

void require(bool done, const std::string& what) {
  if (!done) throw std::runtime_error{what + ": " + crypto::take_openssl_errors()};
}

std::shared_ptr<EVP_PKEY> own(EVP_PKEY* key) {
  require(key != nullptr, "making a key");
  return {key, EVP_PKEY_free};
}

void remove_extension(X509& certificate, const std::string& name) {
  const std::unique_ptr<ASN1_OBJECT, crypto::Deleter<ASN1_OBJECT_free>> object{OBJ_txt2obj(name.c_str(), 0)};
  require(object != nullptr, name);
  for (int at = X509_get_ext_by_OBJ(&certificate, object.get(), -1); at >= 0;
       at = X509_get_ext_by_OBJ(&certificate, object.get(), -1)) {
    const ExtensionHandle removed{X509_delete_ext(&certificate, at)};
  }
}

void set_extension(X509& certificate, X509& issuer, const Extension& extension) {
  remove_extension(certificate, extension.name);
  if (extension.value.empty()) return;
  X509V3_CTX context{};
  X509V3_set_ctx(&context, &issuer, &certificate, nullptr, nullptr, 0);
  const ExtensionHandle made{X509V3_EXT_nconf(nullptr, &context, extension.name.c_str(), extension.value.c_str())};
  require(made && X509_add_ext(&certificate, made.get(), -1) == 1, extension.name + "=" + extension.value);
}

const EVP_MD* find_digest(const Shape& shape, const EVP_PKEY& signing_key) {
  if (!shape.digest.empty()) return EVP_get_digestbyname(shape.digest.c_str());
  return EVP_PKEY_is_a(&signing_key, "ED25519") == 1 ? nullptr : EVP_sha256();
}

Shape shape_of(x509::CertificateRole role, const std::string& common_name, std::vector<Extension> extensions) {
  Shape shape;
  shape.role = role;
  shape.subject = {{"CN", common_name}};
  shape.extensions = std::move(extensions);
  return shape;
}

}  // namespace

std::shared_ptr<EVP_PKEY> make_key(KeyKind kind) {
  static const auto rsa_1024 = own(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{1024}));
  static const auto rsa_2048 = own(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048}));
  switch (kind) {
    case KeyKind::ec_p256:
      return own(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
    case KeyKind::ec_p192:
      return own(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-192"));
    case KeyKind::ed25519:
      return own(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    case KeyKind::rsa_2048:
      return rsa_2048;
    case KeyKind::rsa_1024:
      return rsa_1024;
  }
  throw std::runtime_error{"no such kind of key"};
}

Identity make_identity(const Shape& shape, const Identity* issuer) {
  const auto key = shape.key ? shape.key : make_key(KeyKind::ec_p256);
  x509::CertificateRequest request;
  request.role = shape.role;
  request.subject = shape.subject;
  request.not_before = shape.not_before;
  request.not_after = shape.not_after;
  const x509::Signer signer =
      issuer == nullptr ? x509::Signer{} : x509::Signer{&issuer->certificate, issuer->key.get()};
  const auto issued = x509::issue_certificate(request, *key, signer);
  require(issued.has_value(), "issuing");
  if (shape.extensions.empty() && shape.digest.empty()) return {*issued, key};

  const crypto::X509Handle changed{X509_dup(&issued->handle())};
  require(changed != nullptr, "copying");
  X509& issuing = issuer == nullptr ? *changed : issuer->certificate.handle();
  for (const Extension& extension : shape.extensions) set_extension(*changed, issuing, extension);
  EVP_PKEY& signing_key = issuer == nullptr ? *key : *issuer->key;
  require(X509_sign(changed.get(), &signing_key, find_digest(shape, signing_key)) > 0, "signing");
  // Read back, so that nothing of the copy's earlier state is remembered.
  const auto certificate = x509::Certificate::parse_der(x509::Certificate::share(*changed).to_der());
  require(certificate.has_value(), "reading back");
  return {*certificate, key};
}

Identity make_root(const std::string& common_name, std::vector<Extension> extensions) {
  return make_identity(shape_of(x509::CertificateRole::authority, common_name, std::move(extensions)));
}

Identity make_intermediate(const std::string& common_name, const Identity& issuer, std::vector<Extension> extensions) {
  return make_identity(shape_of(x509::CertificateRole::authority, common_name, std::move(extensions)), &issuer);
}

Identity make_client(const std::string& common_name, const Identity& issuer, std::vector<Extension> extensions) {
  return make_identity(shape_of(x509::CertificateRole::client, common_name, std::move(extensions)), &issuer);
}

}  // namespace certbound::test
