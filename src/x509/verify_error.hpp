#pragma once

#include <span>

#include <openssl/x509_vfy.h>

#include "base/reason.hpp"
#include "base/result.hpp"
#include "x509/certificate.hpp"

namespace certbound::x509 {

/// The Reason for an X509_V_ERR_* of X509_verify_cert(). An unknown number is chain_invalid; where OpenSSL itself
/// failed, internal. A missing issuer is issuer_missing here: what kind of miss it is depends on the chain, see
/// make_verify_error().
[[nodiscard]] Reason verify_reason(int x509_error);

/// The Error for the refusal that X509_verify_cert() left in `context`: the reason, and in `detail` the certificate at
/// fault by depth and subject, OpenSSL's words, and what would help. `anchors`: those of the trust store, to tell a
/// chain of which an intermediate is missing from one that ends elsewhere.
[[nodiscard]] Error make_verify_error(X509_STORE_CTX& context, std::span<const Certificate> anchors);

}  // namespace certbound::x509
