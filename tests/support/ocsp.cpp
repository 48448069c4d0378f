#include "support/ocsp.hpp"

#include <stdexcept>

#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#include "crypto/handle.hpp"

namespace certbound::test {

namespace {

using BasicResponse = std::unique_ptr<OCSP_BASICRESP, crypto::Deleter<OCSP_BASICRESP_free>>;
using Response = std::unique_ptr<OCSP_RESPONSE, crypto::Deleter<OCSP_RESPONSE_free>>;
using CertId = std::unique_ptr<OCSP_CERTID, crypto::Deleter<OCSP_CERTID_free>>;
using AsnTime = std::unique_ptr<ASN1_TIME, crypto::Deleter<ASN1_TIME_free>>;
using OcspExtension = std::unique_ptr<X509_EXTENSION, crypto::Deleter<X509_EXTENSION_free>>;

void need_ocsp(bool done, const std::string& what) {
  if (!done) throw std::runtime_error{"OCSP: " + what + ": " + crypto::take_openssl_errors()};
}

AsnTime to_asn_time(WallTime time) { return AsnTime{ASN1_GENERALIZEDTIME_set(nullptr, unix_seconds(time))}; }

OcspExtension make_ocsp_extension(const Extension& extension) {
  OcspExtension made{X509V3_EXT_nconf(nullptr, nullptr, extension.name.c_str(), extension.value.c_str())};
  need_ocsp(made != nullptr, extension.name);
  return made;
}

int status_number(x509::OcspStatus status) {
  switch (status) {
    case x509::OcspStatus::good:
      return V_OCSP_CERTSTATUS_GOOD;
    case x509::OcspStatus::revoked:
      return V_OCSP_CERTSTATUS_REVOKED;
    case x509::OcspStatus::unknown:
      break;
  }
  return V_OCSP_CERTSTATUS_UNKNOWN;
}

void add_answer(OCSP_BASICRESP& basic, const x509::OcspQuestion& question, const OcspShape& shape) {
  const CertId id{OCSP_cert_to_id(EVP_get_digestbyname(shape.id_digest.c_str()), &question.certificate.handle(),
                                  &question.issuer.handle())};
  const AsnTime begin = to_asn_time(shape.this_update);
  const AsnTime end = to_asn_time(shape.next_update);
  const AsnTime revoked = to_asn_time(shape.revoked_at);
  const bool is_revoked = shape.status == x509::OcspStatus::revoked;
  OCSP_SINGLERESP* single = OCSP_basic_add1_status(
      &basic, id.get(), status_number(shape.status), OCSP_REVOKED_STATUS_KEYCOMPROMISE,
      is_revoked ? revoked.get() : nullptr, begin.get(), shape.has_next_update ? end.get() : nullptr);
  need_ocsp(single != nullptr, "answer");
  for (const Extension& extension : shape.single_extensions) {
    need_ocsp(OCSP_SINGLERESP_add_ext(single, make_ocsp_extension(extension).get(), -1) == 1, extension.name);
  }
}

void sign_response(OCSP_BASICRESP& basic, const Identity& signer, const OcspShape& shape) {
  // OpenSSL would write the present.
  auto* produced = const_cast<ASN1_GENERALIZEDTIME*>(OCSP_resp_get0_produced_at(&basic));
  need_ocsp(ASN1_GENERALIZEDTIME_set(produced, unix_seconds(shape.produced_at)) != nullptr, "producedAt");
  unsigned long flags = OCSP_NOTIME;
  if (shape.signer_name == OcspSignerName::key) flags |= OCSP_RESPID_KEY;
  if (!shape.has_signer_certificate) flags |= OCSP_NOCERTS;
  const bool has_own_digest = EVP_PKEY_is_a(signer.key.get(), "ED25519") == 1;
  const EVP_MD* digest = shape.digest.empty() ? EVP_sha256() : EVP_get_digestbyname(shape.digest.c_str());
  need_ocsp(OCSP_basic_sign(&basic, &signer.certificate.handle(), signer.key.get(), has_own_digest ? nullptr : digest,
                            nullptr, flags) == 1,
            "signing");
}

Bytes encode_response(const Response& response) {
  need_ocsp(response != nullptr, "response");
  const int length = i2d_OCSP_RESPONSE(response.get(), nullptr);
  need_ocsp(length > 0, "encoding");
  Bytes der(static_cast<std::size_t>(length));
  std::uint8_t* position = der.data();
  i2d_OCSP_RESPONSE(response.get(), &position);
  return der;
}

}  // namespace

Bytes make_ocsp_response(const x509::OcspQuestion& question, const Identity& signer, const OcspShape& shape) {
  const BasicResponse basic{OCSP_BASICRESP_new()};
  add_answer(*basic, question, shape);
  for (const x509::OcspQuestion& other : shape.others) add_answer(*basic, other, shape);
  if (!shape.nonce.empty()) {
    Bytes nonce = shape.nonce;
    need_ocsp(OCSP_basic_add1_nonce(basic.get(), nonce.data(), static_cast<int>(nonce.size())) == 1, "nonce");
  }
  for (const Extension& extension : shape.extensions) {
    need_ocsp(OCSP_BASICRESP_add_ext(basic.get(), make_ocsp_extension(extension).get(), -1) == 1, extension.name);
  }
  sign_response(*basic, signer, shape);
  return encode_response(Response{OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic.get())});
}

Bytes make_ocsp_error(int status) { return encode_response(Response{OCSP_response_create(status, nullptr)}); }

Identity make_ocsp_signer(const std::string& common_name, const Identity& issuer, std::vector<Extension> extensions) {
  extensions.insert(extensions.begin(), {"extendedKeyUsage", "OCSPSigning"});
  return make_client(common_name, issuer, std::move(extensions));
}

}  // namespace certbound::test
