#include <algorithm>
#include <array>
#include <ctime>
#include <memory>
#include <new>
#include <utility>

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "crypto/handle.hpp"
#include "x509/der.hpp"
#include "x509/name.hpp"
#include "x509/ocsp.hpp"
#include "x509/signature.hpp"

namespace certbound::x509 {

namespace {

using ResponseHandle = std::unique_ptr<OCSP_RESPONSE, crypto::Deleter<OCSP_RESPONSE_free>>;
using BasicHandle = std::unique_ptr<OCSP_BASICRESP, crypto::Deleter<OCSP_BASICRESP_free>>;
using DelegateStoreHandle = std::unique_ptr<X509_STORE, crypto::Deleter<X509_STORE_free>>;
using DelegateContextHandle = std::unique_ptr<X509_STORE_CTX, crypto::Deleter<X509_STORE_CTX_free>>;
using CertIdHandle = std::unique_ptr<OCSP_CERTID, crypto::Deleter<OCSP_CERTID_free>>;

constexpr int kMostSigners = 4;
constexpr int kDelegateAuthLevel = 2;  // 112 bits of security, as for clients' certificates

/// The DER of an OpenSSL structure, by its own encoder.
template <typename T>
Bytes encode(const T* object, int (*encoder)(const T*, unsigned char**)) {
  const int length = encoder(object, nullptr);
  if (length <= 0) throw std::bad_alloc{};
  Bytes der(static_cast<std::size_t>(length));
  std::uint8_t* position = der.data();
  encoder(object, &position);
  return der;
}

Error refuse_response(std::string what) { return invalid_input("OCSP response: " + std::move(what)); }

/// BasicOCSPResponse, its outermost wrapping opened. What comes back encodes to the octets that were received.
Result<BasicHandle> parse_basic(ByteView der) {
  if (der.size() > kMaximumOcspBytes)
    return refuse_response("larger than " + std::to_string(kMaximumOcspBytes) + " octets");
  const std::uint8_t* position = der.data();
  const ResponseHandle response{d2i_OCSP_RESPONSE(nullptr, &position, static_cast<long>(der.size()))};
  if (!response) return refuse_response("not one in DER");
  if (position != der.data() + der.size()) return refuse_response("octets follow it");
  const int status = OCSP_response_status(response.get());
  if (status != OCSP_RESPONSE_STATUS_SUCCESSFUL) {
    return refuse_response("the responder answered " + std::string{OCSP_response_status_str(status)} +
                           " instead of a status");
  }
  BasicHandle basic{OCSP_response_get1_basic(response.get())};
  if (!basic) return refuse_response("not a basic response in DER");
  // It is the last of what is wrapped: whatever stands behind it, or is BER in it, shows here.
  const Bytes encoded = encode<OCSP_BASICRESP>(basic.get(), &i2d_OCSP_BASICRESP);
  if (encode<OCSP_RESPONSE>(response.get(), &i2d_OCSP_RESPONSE).size() != der.size() || encoded.size() > der.size() ||
      !std::equal(encoded.begin(), encoded.end(), der.end() - static_cast<std::ptrdiff_t>(encoded.size()))) {
    return refuse_response("octets in it that are not DER");
  }
  return basic;
}

/// RFC 6960 section 4.4: of the critical extensions only the nonce is known here.
Result<void> check_extensions(const OCSP_BASICRESP& basic, const OCSP_SINGLERESP& single) {
  auto* response = const_cast<OCSP_BASICRESP*>(&basic);  // OpenSSL's reader does not change it
  auto* answer = const_cast<OCSP_SINGLERESP*>(&single);
  for (int i = 0; i < OCSP_BASICRESP_get_ext_count(response); ++i) {
    X509_EXTENSION* extension = OCSP_BASICRESP_get_ext(response, i);
    const bool is_nonce = OBJ_obj2nid(X509_EXTENSION_get_object(extension)) == NID_id_pkix_OCSP_Nonce;
    if (X509_EXTENSION_get_critical(extension) != 0 && !is_nonce)
      return refuse_response("an unknown critical extension");
  }
  for (int i = 0; i < OCSP_SINGLERESP_get_ext_count(answer); ++i) {
    if (X509_EXTENSION_get_critical(OCSP_SINGLERESP_get_ext(answer, i)) != 0) {
      return refuse_response("an unknown critical extension");
    }
  }
  return {};
}

/// A nonce that is there is ours: else somebody plays back what was answered to another.
Result<void> check_nonce(OCSP_BASICRESP& basic, ByteView nonce) {
  const int index = OCSP_BASICRESP_get_ext_by_NID(&basic, NID_id_pkix_OCSP_Nonce, -1);
  if (index < 0) return {};
  if (OCSP_BASICRESP_get_ext_by_NID(&basic, NID_id_pkix_OCSP_Nonce, index) >= 0) return refuse_response("two nonces");
  const ASN1_OCTET_STRING* value = X509_EXTENSION_get_data(OCSP_BASICRESP_get_ext(&basic, index));
  const ByteView octets{ASN1_STRING_get0_data(value), static_cast<std::size_t>(ASN1_STRING_length(value))};
  DerReader reader{octets};
  const auto inside = reader.read(der_tag::kOctetString);
  const bool is_ours = inside && reader.is_at_end() &&
                       std::equal(inside->content.begin(), inside->content.end(), nonce.begin(), nonce.end());
  if (!is_ours) return refuse_response("its nonce is not the one that was sent");
  return {};
}

/// Is this the name of the very certificate: by the digest that the responder chose?
bool is_about(const OCSP_SINGLERESP& single, const OcspQuestion& question) {
  const auto* id = OCSP_SINGLERESP_get0_id(&single);
  ASN1_OBJECT* algorithm = nullptr;
  if (OCSP_id_get0_info(nullptr, &algorithm, nullptr, nullptr, const_cast<OCSP_CERTID*>(id)) != 1) return false;
  const int digest = OBJ_obj2nid(algorithm);
  if (digest != NID_sha1 && digest != NID_sha256) return false;
  const CertIdHandle expected{OCSP_cert_to_id(digest == NID_sha1 ? EVP_sha1() : EVP_sha256(),
                                              &question.certificate.handle(), &question.issuer.handle())};
  // Not OCSP_id_cmp(): it compares the parameters of the digest too, which are NULL or absent at the responder's
  // choice.
  if (!expected) return false;
  ASN1_OCTET_STRING* names[2] = {};
  ASN1_OCTET_STRING* keys[2] = {};
  ASN1_INTEGER* serials[2] = {};
  OCSP_id_get0_info(&names[0], nullptr, &keys[0], &serials[0], expected.get());
  OCSP_id_get0_info(&names[1], nullptr, &keys[1], &serials[1], const_cast<OCSP_CERTID*>(id));
  return ASN1_OCTET_STRING_cmp(names[0], names[1]) == 0 && ASN1_OCTET_STRING_cmp(keys[0], keys[1]) == 0 &&
         ASN1_INTEGER_cmp(serials[0], serials[1]) == 0;
}

Result<OCSP_SINGLERESP*> find_single(OCSP_BASICRESP& basic, const OcspQuestion& question) {
  OCSP_SINGLERESP* found = nullptr;
  for (int i = 0; i < OCSP_resp_count(&basic); ++i) {
    OCSP_SINGLERESP* single = OCSP_resp_get0(&basic, i);
    if (!is_about(*single, question)) continue;
    if (found != nullptr) return refuse_response("two answers about one certificate");
    found = single;
  }
  if (found == nullptr) return refuse_response("it is about another certificate");
  return found;
}

Result<void> verify_with(OCSP_BASICRESP& basic, const Certificate& signer) {
  EVP_PKEY* key = X509_get0_pubkey(&signer.handle());
  if (key == nullptr) return refuse_response("its signer's key cannot be read");
  const Bytes message = encode(OCSP_resp_get0_respdata(&basic), &i2d_OCSP_RESPDATA);
  const Bytes algorithm = encode(OCSP_resp_get0_tbs_sigalg(&basic), &i2d_X509_ALGOR);
  const ASN1_OCTET_STRING* signature = OCSP_resp_get0_signature(&basic);
  constexpr long kUnusedBits = 7;
  if ((signature->flags & kUnusedBits) != 0) return refuse_response("its signature is no whole octets");
  const ByteView bits{ASN1_STRING_get0_data(signature), static_cast<std::size_t>(ASN1_STRING_length(signature))};
  auto verified = verify_signature(message, algorithm, bits, *key);
  if (!verified) return refuse_response(verified.error().detail);
  return {};
}

/// Signed by the issuer's key, as strong as a client's certificate, valid now, without an unknown critical extension.
Result<void> verify_issued(X509& delegate, X509& issuer, WallTime now) {
  const DelegateStoreHandle store{X509_STORE_new()};
  const DelegateContextHandle context{X509_STORE_CTX_new()};
  if (!store || !context || X509_STORE_add_cert(store.get(), &issuer) != 1 ||
      X509_STORE_CTX_init(context.get(), store.get(), &delegate, nullptr) != 1) {
    return internal_error("verifying an OCSP signer: " + crypto::take_openssl_errors());
  }
  X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
  X509_VERIFY_PARAM_set_auth_level(parameters, kDelegateAuthLevel);
  X509_VERIFY_PARAM_set_depth(parameters, 0);
  X509_VERIFY_PARAM_set_time(parameters, static_cast<std::time_t>(unix_seconds(now)));
  if (X509_verify_cert(context.get()) > 0) return {};
  return invalid_input(X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get())));
}

/// RFC 6960 section 4.2.2.2: issued directly by the CA that issued the certificate, and for this.
Result<void> check_delegate(const Certificate& delegate, const Certificate& issuer, WallTime now) {
  X509& certificate = delegate.handle();
  const std::string who = "its signer \"" + render_name(*X509_get_subject_name(&certificate)) + "\" ";
  const bool is_for_ocsp = (X509_get_extension_flags(&certificate) & EXFLAG_XKUSAGE) != 0 &&
                           (X509_get_extended_key_usage(&certificate) & XKU_OCSP_SIGN) != 0;
  if (!is_for_ocsp) return refuse_response(who + "is not the issuer, and its certificate is not for OCSPSigning");
  // Without a key usage every bit is set.
  if ((X509_get_key_usage(&certificate) & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) == 0) {
    return refuse_response(who + "may not sign: its key usage lacks digitalSignature");
  }
  if (const auto issued = verify_issued(certificate, issuer.handle(), now); !issued) {
    return refuse_response(who + "was not made by the issuer for this: " + issued.error().detail);
  }
  return {};
}

/// Whose key signed: nothing where it is the issuer's own.
Result<std::optional<Certificate>> verify_signer(OCSP_BASICRESP& basic, const OcspQuestion& question, WallTime now) {
  const ASN1_OCTET_STRING* key_hash = nullptr;
  const X509_NAME* subject = nullptr;
  OCSP_resp_get0_id(&basic, &key_hash, &subject);
  const auto is_named = [&](X509& candidate) {
    if (subject != nullptr) return X509_NAME_cmp(subject, X509_get_subject_name(&candidate)) == 0;
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int length = 0;
    const bool is_made = X509_pubkey_digest(&candidate, EVP_sha1(), digest.data(), &length) == 1;
    return is_made && key_hash != nullptr && ASN1_STRING_length(key_hash) == static_cast<int>(length) &&
           std::equal(digest.begin(), digest.begin() + length, ASN1_STRING_get0_data(key_hash));
  };
  Error refusal = refuse_response("its signer is neither the issuer nor a certificate in it");
  if (is_named(question.issuer.handle())) {
    auto verified = verify_with(basic, question.issuer);
    if (verified) return std::optional<Certificate>{};
    refusal = std::move(verified).error();
  }
  const STACK_OF(X509)* certificates = OCSP_resp_get0_certs(&basic);
  for (int i = 0; i < std::min(sk_X509_num(certificates), kMostSigners); ++i) {
    X509& candidate = *sk_X509_value(certificates, i);
    if (!is_named(candidate) || X509_cmp(&candidate, &question.issuer.handle()) == 0) continue;
    const Certificate delegate = Certificate::share(candidate);
    auto verified = verify_with(basic, delegate);
    if (verified) verified = check_delegate(delegate, question.issuer, now);
    if (verified) return std::optional<Certificate>{delegate};
    refusal = std::move(verified).error();
  }
  return refusal;
}

std::optional<WallTime> to_time(const ASN1_GENERALIZEDTIME* time) {
  if (time == nullptr) return std::nullopt;
  DerElement element;
  element.tag = der_tag::kGeneralizedTime;
  element.content = {ASN1_STRING_get0_data(time), static_cast<std::size_t>(ASN1_STRING_length(time))};
  return parse_der_time(element);
}

/// The status and its times, as they stand in the answer.
Result<OcspAnswer> read_answer(const OCSP_BASICRESP& basic, OCSP_SINGLERESP& single) {
  ASN1_GENERALIZEDTIME* revoked = nullptr;
  ASN1_GENERALIZEDTIME* this_update = nullptr;
  ASN1_GENERALIZEDTIME* next_update = nullptr;
  const int status = OCSP_single_get0_status(&single, nullptr, &revoked, &this_update, &next_update);
  OcspAnswer answer;
  const auto produced = to_time(OCSP_resp_get0_produced_at(&basic));
  const auto begin = to_time(this_update);
  const auto end = to_time(next_update);
  if (!produced || !begin || (next_update != nullptr && !end)) return refuse_response("a malformed time");
  answer.produced_at = *produced;
  answer.this_update = *begin;
  answer.has_next_update = end.has_value();
  answer.valid_until = end.value_or(*begin + kOcspDefaultLifetime);
  switch (status) {
    case V_OCSP_CERTSTATUS_GOOD:
      answer.status = OcspStatus::good;
      break;
    case V_OCSP_CERTSTATUS_REVOKED: {
      const auto when = to_time(revoked);
      if (!when) return refuse_response("a malformed time of the revocation");
      answer.status = OcspStatus::revoked;
      answer.revoked_at = *when;
      break;
    }
    case V_OCSP_CERTSTATUS_UNKNOWN:
      answer.status = OcspStatus::unknown;
      break;
    default:
      return refuse_response("a malformed status");
  }
  return answer;
}

Result<void> check_times(const OcspAnswer& answer, WallTime now) {
  if (answer.this_update > now + kOcspSkew || answer.produced_at > now + kOcspSkew) {
    return refuse_response("it is of the future (" + to_rfc3339(std::max(answer.this_update, answer.produced_at)) +
                           "); look at the clock as well");
  }
  if (answer.has_next_update && answer.valid_until <= answer.this_update) {
    return refuse_response("its nextUpdate is not after its thisUpdate");
  }
  if (now >= answer.valid_until) {
    return refuse_response(answer.has_next_update
                               ? "it is past: its nextUpdate was " + to_rfc3339(answer.valid_until)
                               : "it is past: without a nextUpdate, and of " + to_rfc3339(answer.this_update));
  }
  return {};
}

Result<OcspAnswer> verify_basic(OCSP_BASICRESP& basic, const OcspQuestion& question, ByteView nonce, WallTime now) {
  const auto single = find_single(basic, question);
  if (!single) return single.error();
  if (auto known = check_extensions(basic, **single); !known) return std::move(known).error();
  if (auto ours = check_nonce(basic, nonce); !ours) return std::move(ours).error();
  auto delegate = verify_signer(basic, question, now);
  if (!delegate) return std::move(delegate).error();
  auto answer = read_answer(basic, **single);
  if (!answer) return answer;
  if (auto current = check_times(*answer, now); !current) return std::move(current).error();
  if (*delegate) {
    answer->valid_until = std::min(answer->valid_until, (*delegate)->not_after());
    answer->is_delegate_exempt = X509_get_ext_by_NID(&(*delegate)->handle(), NID_id_pkix_OCSP_noCheck, -1) >= 0;
    answer->delegate = *std::move(delegate);
  }
  return answer;
}

}  // namespace

Result<OcspAnswer> verify_ocsp_response(ByteView der, const OcspQuestion& question, ByteView nonce, WallTime now) {
  const auto basic = parse_basic(der);
  ERR_clear_error();
  if (!basic) return basic.error();
  auto answer = verify_basic(**basic, question, nonce, now);
  ERR_clear_error();
  return answer;
}

}  // namespace certbound::x509
