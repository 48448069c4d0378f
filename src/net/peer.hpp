#pragma once

#include <memory>

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include "base/result.hpp"
#include "x509/presented.hpp"

namespace certbound::net {

/// Is what the peer presents within the bound, and its leaf's key usable? At most the context's depth of certificates
/// beside the leaf (make_tls_context sets it). Called inside the handshake, before any answer. Errors: `invalid_client`
/// with chain_too_long, weak_key or certificate_unusable.
[[nodiscard]] Result<void> check_presented(X509_STORE_CTX& context);

/// What the peer of a finished handshake presented, or null. Takes OpenSSL's objects, so nothing is parsed twice.
[[nodiscard]] std::shared_ptr<const x509::PresentedChain> take_presented_chain(const SSL& ssl);

}  // namespace certbound::net
