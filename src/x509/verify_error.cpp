#include "x509/verify_error.hpp"

#include <string>

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/clock.hpp"
#include "crypto/key.hpp"
#include "x509/name.hpp"

namespace certbound::x509 {

namespace {

std::string quote_name(const X509_NAME& name) { return "\"" + render_name(name) + "\""; }

std::string render_key_identifier(const ASN1_OCTET_STRING* identifier) {
  if (identifier == nullptr || ASN1_STRING_length(identifier) <= 0) return {};
  return hex_encode({ASN1_STRING_get0_data(identifier), static_cast<std::size_t>(ASN1_STRING_length(identifier))});
}

bool is_self_issued(X509& certificate) {
  return X509_NAME_cmp(X509_get_subject_name(&certificate), X509_get_issuer_name(&certificate)) == 0;
}

struct Finding {
  Reason reason;
  std::string words;
};

bool has_issuers_name(X509& candidate, X509& certificate) {
  return X509_NAME_cmp(X509_get_subject_name(&candidate), X509_get_issuer_name(&certificate)) == 0;
}

bool is_key_mismatch(int x509_error) {
  return x509_error == X509_V_ERR_AKID_SKID_MISMATCH || x509_error == X509_V_ERR_AKID_ISSUER_SERIAL_MISMATCH;
}

/// Why a certificate of the issuer's name, `what` of the trust store or the client, was not taken for the issuer.
Finding explain_namesake(const std::string& what, Reason reason_for_other_key, int x509_error,
                         const std::string& name) {
  const bool other_key = is_key_mismatch(x509_error);
  return {other_key ? reason_for_other_key : Reason::ca_invalid,
          what + " has the issuer's name " + name + (other_key ? ", but another key" : "") +
              ", and did not issue this certificate (" + X509_verify_cert_error_string(x509_error) + ")"};
}

/// For a chain that stopped at `last`, whose issuer was not found.
Finding explain_missing_issuer(X509_STORE_CTX& context, X509& last, std::span<const Certificate> anchors) {
  if ((X509_get_extension_flags(&last) & EXFLAG_INVALID) != 0) {
    return {Reason::chain_invalid, "its extensions are malformed or repeated"};
  }
  const std::string name = quote_name(*X509_get_issuer_name(&last));
  for (const Certificate& anchor : anchors) {
    const int mismatch = X509_check_issued(&anchor.handle(), &last);
    if (mismatch == X509_V_OK || !has_issuers_name(anchor.handle(), last)) continue;
    return explain_namesake("an anchor of the trust store", Reason::anchor_not_for_client, mismatch, name);
  }
  if (is_self_issued(last)) {
    return {Reason::anchor_not_for_client, "the chain ends here, and " + name + " is no anchor of the trust store"};
  }
  const STACK_OF(X509)* untrusted = X509_STORE_CTX_get0_untrusted(&context);
  for (int i = 0; i < sk_X509_num(untrusted); ++i) {
    X509& candidate = *sk_X509_value(untrusted, i);
    const int mismatch = X509_check_issued(&candidate, &last);
    if (mismatch == X509_V_OK || !has_issuers_name(candidate, last)) continue;
    return explain_namesake("an intermediate", Reason::issuer_missing, mismatch, name);
  }
  const std::string identifier = render_key_identifier(X509_get0_authority_key_id(&last));
  return {
      Reason::issuer_missing,
      "its issuer " + name + (identifier.empty() ? "" : " (key identifier " + identifier + ")") +
          " is neither an anchor of the trust store, nor among its intermediates, nor sent by the client; if it is an "
          "intermediate, the client must send it or the trust store must hold it, otherwise the certificate is another "
          "CA's"};
}

/// What the certificate at fault lacks or has, where OpenSSL's words alone leave that open.
std::string explain(int x509_error, Reason reason, X509& certificate) {
  if (reason == Reason::not_strict) return "; strict: false in the trust store accepts that";
  switch (x509_error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return " at " + to_rfc3339(Certificate::share(certificate).not_after());
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return " before " + to_rfc3339(Certificate::share(certificate).not_before());
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL: {
      const EVP_PKEY* key = X509_get0_pubkey(&certificate);
      return key == nullptr ? std::string{} : ": " + crypto::describe_key(*key);
    }
    case X509_V_ERR_INVALID_PURPOSE:
      return ": key usage and extended key usage must permit TLS client authentication";
    case X509_V_ERR_INVALID_CA:
      return ": as an issuer it needs basicConstraints with CA:TRUE and, in its key usage, keyCertSign";
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return ": changed after it was signed, or another CA of the issuer's name signed it";
    default:
      return {};
  }
}

/// Is it what X509_V_FLAG_X509_STRICT alone asks for?
bool is_strict_profile_error(int x509_error) {
  switch (x509_error) {
    case X509_V_ERR_PATHLEN_INVALID_FOR_NON_CA:
    case X509_V_ERR_PATHLEN_WITHOUT_KU_KEY_CERT_SIGN:
    case X509_V_ERR_KU_KEY_CERT_SIGN_INVALID_FOR_NON_CA:
    case X509_V_ERR_ISSUER_NAME_EMPTY:
    case X509_V_ERR_SUBJECT_NAME_EMPTY:
    case X509_V_ERR_MISSING_AUTHORITY_KEY_IDENTIFIER:
    case X509_V_ERR_MISSING_SUBJECT_KEY_IDENTIFIER:
    case X509_V_ERR_EMPTY_SUBJECT_ALT_NAME:
    case X509_V_ERR_EMPTY_SUBJECT_SAN_NOT_CRITICAL:
    case X509_V_ERR_CA_BCONS_NOT_CRITICAL:
    case X509_V_ERR_AUTHORITY_KEY_IDENTIFIER_CRITICAL:
    case X509_V_ERR_SUBJECT_KEY_IDENTIFIER_CRITICAL:
    case X509_V_ERR_CA_CERT_MISSING_KEY_USAGE:
    case X509_V_ERR_EXTENSIONS_REQUIRE_VERSION_3:
      return true;
    default:
      return false;
  }
}

bool is_missing_issuer(int x509_error) {
  return x509_error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT ||
         x509_error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
         x509_error == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE;
}

}  // namespace

Reason verify_reason(int x509_error) {
  if (is_strict_profile_error(x509_error)) return Reason::not_strict;
  switch (x509_error) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return Reason::issuer_missing;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_UNTRUSTED:
    case X509_V_ERR_CERT_REJECTED:
      return Reason::anchor_not_for_client;
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return Reason::certificate_expired;
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return Reason::certificate_not_yet_valid;
    case X509_V_ERR_INVALID_PURPOSE:
    case X509_V_ERR_KEYUSAGE_NO_DIGITAL_SIGNATURE:
      return Reason::wrong_purpose;
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
    case X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE:
    case X509_V_ERR_SIGNATURE_ALGORITHM_INCONSISTENCY:
      return Reason::bad_signature;
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
      return Reason::weak_key;
    case X509_V_ERR_CA_MD_TOO_WEAK:
      return Reason::weak_signature;
    // The strict profile asks for it; a leaf with such a key is refused in any case.
    case X509_V_ERR_EC_KEY_EXPLICIT_PARAMS:
      return Reason::certificate_unusable;
    case X509_V_ERR_CERT_CHAIN_TOO_LONG:
      return Reason::chain_too_long;
    case X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION:
      return Reason::unsupported_critical_extension;
    case X509_V_ERR_PERMITTED_VIOLATION:
    case X509_V_ERR_EXCLUDED_VIOLATION:
    case X509_V_ERR_SUBTREE_MINMAX:
    case X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE:
    case X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX:
    case X509_V_ERR_UNSUPPORTED_NAME_SYNTAX:
      return Reason::name_constraints_violated;
    case X509_V_ERR_INVALID_CA:
    case X509_V_ERR_INVALID_NON_CA:
    case X509_V_ERR_PATH_LENGTH_EXCEEDED:
    case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
      return Reason::ca_invalid;
    case X509_V_ERR_STORE_LOOKUP:
    case X509_V_ERR_INVALID_CALL:
      return Reason::internal;
    // Malformed times, keys, names and extensions, policies, algorithms that do not fit. X509_V_ERR_OUT_OF_MEM is here
    // too: OpenSSL says so of a name that it cannot convert.
    default:
      return Reason::chain_invalid;
  }
}

Error make_verify_error(X509_STORE_CTX& context, std::span<const Certificate> anchors) {
  const int x509_error = X509_STORE_CTX_get_error(&context);
  const int depth = X509_STORE_CTX_get_error_depth(&context);
  const STACK_OF(X509)* chain = X509_STORE_CTX_get0_chain(&context);
  X509* certificate = X509_STORE_CTX_get_current_cert(&context);
  if (certificate == nullptr && depth < sk_X509_num(chain)) certificate = sk_X509_value(chain, depth);

  Reason reason = verify_reason(x509_error);
  std::string detail = X509_verify_cert_error_string(x509_error);
  if (x509_error == X509_V_ERR_NO_EXPLICIT_POLICY) {
    // Of the path as a whole; the depth is that of the step before.
    detail += ": a CA of the chain demands certificate policies, and no policy holds along the whole chain";
  } else if (certificate != nullptr) {
    if (is_missing_issuer(x509_error)) {
      const Finding finding = explain_missing_issuer(context, *certificate, anchors);
      reason = finding.reason;
      detail += ": " + finding.words;
    } else {
      detail += explain(x509_error, reason, *certificate);
    }
    detail = "certificate " + std::to_string(depth) + " (" + render_name(*X509_get_subject_name(certificate)) +
             "): " + detail;
  }
  // Elsewhere the queue holds attempts on which the verdict does not rest.
  if (x509_error == X509_V_ERR_UNSPECIFIED && ERR_peek_error() != 0) {
    detail += " (" + crypto::take_openssl_errors() + ")";
  }
  ERR_clear_error();
  if (reason == Reason::internal) return internal_error("verifying a chain: " + detail);
  return {ErrorCode::invalid_client, reason, "client authentication failed", std::move(detail)};
}

}  // namespace certbound::x509
