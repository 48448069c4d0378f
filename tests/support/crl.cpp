#include "support/crl.hpp"

#include <stdexcept>

#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "crypto/handle.hpp"

namespace certbound::test {

namespace {

using CrlHandle = std::unique_ptr<X509_CRL, crypto::Deleter<X509_CRL_free>>;
using EntryHandle = std::unique_ptr<X509_REVOKED, crypto::Deleter<X509_REVOKED_free>>;
using IntegerHandle = std::unique_ptr<ASN1_INTEGER, crypto::Deleter<ASN1_INTEGER_free>>;
using TimeHandle = std::unique_ptr<ASN1_TIME, crypto::Deleter<ASN1_TIME_free>>;
using MadeExtension = std::unique_ptr<X509_EXTENSION, crypto::Deleter<X509_EXTENSION_free>>;

void need(bool done, const std::string& what) {
  if (!done) throw std::runtime_error{"CRL: " + what + ": " + crypto::take_openssl_errors()};
}

IntegerHandle to_integer(const std::string& hex) {
  BIGNUM* number = nullptr;
  need(BN_hex2bn(&number, hex.c_str()) > 0, hex);
  const crypto::BignumHandle owned{number};
  return IntegerHandle{BN_to_ASN1_INTEGER(number, nullptr)};
}

TimeHandle to_time(WallTime time) { return TimeHandle{ASN1_TIME_set(nullptr, unix_seconds(time))}; }

MadeExtension make_extension(X509_CRL& crl, const Identity& issuer, const Extension& extension) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, &issuer.certificate.handle(), nullptr, nullptr, &crl, 0);
  MadeExtension made{X509V3_EXT_nconf(nullptr, &context, extension.name.c_str(), extension.value.c_str())};
  need(made != nullptr, extension.name + "=" + extension.value);
  return made;
}

void add_entry(X509_CRL& crl, const Identity& issuer, const CrlEntry& wanted, const ASN1_TIME& date) {
  EntryHandle entry{X509_REVOKED_new()};
  const IntegerHandle serial = to_integer(wanted.serial);
  need(X509_REVOKED_set_serialNumber(entry.get(), serial.get()) == 1, wanted.serial);
  ASN1_TIME* copied = ASN1_STRING_dup(&date);
  need(X509_REVOKED_set_revocationDate(entry.get(), copied) == 1, "date");
  ASN1_TIME_free(copied);
  for (const Extension& extension : wanted.extensions) {
    const MadeExtension made = make_extension(crl, issuer, extension);
    need(X509_REVOKED_add_ext(entry.get(), made.get(), -1) == 1, extension.name);
  }
  need(X509_CRL_add0_revoked(&crl, entry.release()) == 1, "entry");
}

void sign(X509_CRL& crl, const Identity& issuer, const CrlShape& shape) {
  const bool has_own_digest = EVP_PKEY_is_a(issuer.key.get(), "ED25519") == 1;
  const EVP_MD* digest = shape.digest.empty() ? EVP_sha256() : EVP_get_digestbyname(shape.digest.c_str());
  const crypto::DigestContextHandle context{EVP_MD_CTX_new()};
  EVP_PKEY_CTX* key = nullptr;
  need(EVP_DigestSignInit(context.get(), &key, has_own_digest ? nullptr : digest, nullptr, issuer.key.get()) == 1,
       "signing");
  if (shape.pss_salt >= 0) {
    need(EVP_PKEY_CTX_set_rsa_padding(key, RSA_PKCS1_PSS_PADDING) > 0, "PSS");
    need(EVP_PKEY_CTX_set_rsa_pss_saltlen(key, shape.pss_salt) > 0, "salt");
  }
  need(X509_CRL_sign_ctx(&crl, context.get()) > 0, "signing");
}

}  // namespace

CrlEntry revoke(const x509::Certificate& certificate) { return {certificate.serial_hex(), {}}; }

Bytes make_crl(const Identity& issuer, const CrlShape& shape) {
  const CrlHandle crl{X509_CRL_new()};
  const bool has_extensions = !shape.number.empty() || !shape.extensions.empty();
  if (has_extensions) need(X509_CRL_set_version(crl.get(), X509_CRL_VERSION_2) == 1, "version");
  need(X509_CRL_set_issuer_name(crl.get(), X509_get_subject_name(&issuer.certificate.handle())) == 1, "issuer");
  const TimeHandle begin = to_time(shape.this_update);
  const TimeHandle end = to_time(shape.next_update);
  need(X509_CRL_set1_lastUpdate(crl.get(), begin.get()) == 1, "thisUpdate");
  if (shape.has_next_update) need(X509_CRL_set1_nextUpdate(crl.get(), end.get()) == 1, "nextUpdate");
  for (const CrlEntry& entry : shape.entries) add_entry(*crl, issuer, entry, *begin);
  if (!shape.number.empty()) {
    const IntegerHandle number = to_integer(shape.number);
    need(X509_CRL_add1_ext_i2d(crl.get(), NID_crl_number, number.get(), 0, 0) == 1, "number");
  }
  for (const Extension& extension : shape.extensions) {
    const MadeExtension made = make_extension(*crl, issuer, extension);
    need(X509_CRL_add_ext(crl.get(), made.get(), -1) == 1, extension.name);
  }
  sign(*crl, issuer, shape);
  const int length = i2d_X509_CRL(crl.get(), nullptr);
  need(length > 0, "encoding");
  Bytes der(static_cast<std::size_t>(length));
  std::uint8_t* position = der.data();
  i2d_X509_CRL(crl.get(), &position);
  return der;
}

std::string to_crl_pem(const Bytes& der) {
  std::string text = "-----BEGIN X509 CRL-----\n";
  const std::string encoded = base64_encode(der);
  for (std::size_t at = 0; at < encoded.size(); at += 64) text += encoded.substr(at, 64) + "\n";
  return text + "-----END X509 CRL-----\n";
}

}  // namespace certbound::test
