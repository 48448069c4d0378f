#include "x509/ocsp.hpp"

#include <algorithm>
#include <memory>
#include <new>

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#include "crypto/handle.hpp"
#include "x509/name.hpp"
#include "x509/validity.hpp"

namespace certbound::x509 {

namespace {

constexpr int kMostUrls = 4;

using RequestHandle = std::unique_ptr<OCSP_REQUEST, crypto::Deleter<OCSP_REQUEST_free>>;
using UrlsHandle = std::unique_ptr<STACK_OF(OPENSSL_STRING), crypto::Deleter<X509_email_free>>;

Error refuse_request() { return internal_error("making an OCSP request: " + crypto::take_openssl_errors()); }

}  // namespace

std::string_view name(OcspStatus status) {
  switch (status) {
    case OcspStatus::good:
      return "good";
    case OcspStatus::revoked:
      return "revoked";
    case OcspStatus::unknown:
      return "unknown";
  }
  return "unknown";
}

std::vector<std::string> find_ocsp_urls(const Certificate& certificate) {
  const UrlsHandle found{X509_get1_ocsp(&certificate.handle())};
  ERR_clear_error();
  std::vector<std::string> urls;
  for (int i = 0; i < sk_OPENSSL_STRING_num(found.get()) && i < kMostUrls; ++i) {
    urls.emplace_back(sk_OPENSSL_STRING_value(found.get(), i));
  }
  return urls;
}

Result<Bytes> make_ocsp_request(const OcspQuestion& question, ByteView nonce) {
  const RequestHandle request{OCSP_REQUEST_new()};
  if (!request) throw std::bad_alloc{};
  OCSP_CERTID* id = OCSP_cert_to_id(EVP_sha1(), &question.certificate.handle(), &question.issuer.handle());
  if (id == nullptr) return refuse_request();
  if (OCSP_request_add0_id(request.get(), id) == nullptr) {
    OCSP_CERTID_free(id);
    return refuse_request();
  }
  if (!nonce.empty()) {
    Bytes copy{nonce.begin(), nonce.end()};  // OpenSSL takes it as changeable
    if (OCSP_request_add1_nonce(request.get(), copy.data(), static_cast<int>(copy.size())) != 1) {
      return refuse_request();
    }
  }
  const int length = i2d_OCSP_REQUEST(request.get(), nullptr);
  if (length <= 0) return refuse_request();
  Bytes der(static_cast<std::size_t>(length));
  std::uint8_t* position = der.data();
  i2d_OCSP_REQUEST(request.get(), &position);
  return der;
}

std::string describe_ocsp_answer(const OcspAnswer& answer, WallTime now) {
  // The responder's clock may be ahead of ours by as much as was accepted.
  const std::chrono::seconds age = std::max(now - answer.this_update, std::chrono::seconds{0});
  std::string text = "OCSP answer of " + to_rfc3339(answer.this_update) + " (" + describe_age(age) + ") by ";
  text += answer.delegate ? "\"" + render_name(*X509_get_subject_name(&answer.delegate->handle())) + "\""
                          : std::string{"the issuer itself"};
  text += answer.has_next_update ? ", next update " : ", without a next update, so it holds until ";
  return text + to_rfc3339(answer.valid_until);
}

}  // namespace certbound::x509
