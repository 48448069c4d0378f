#pragma once

#include <openssl/evp.h>

#include "base/base64url.hpp"
#include "base/result.hpp"

namespace certbound::x509 {

/// Verifies the signature of a signed structure (RFC 5280 section 4.1.1: certificate, CRL) over exactly `message`.
/// `algorithm` is the AlgorithmIdentifier in DER. As strong as path validation asks for: a digest and a key of at least
/// 112 bits of security; RSA with PKCS #1 v1.5 or PSS, ECDSA, Ed25519, Ed448.
/// Errors: `invalid_request`, `detail` says what is wrong: algorithm, strength, kind of key, or the signature itself.
/// `server_error` where OpenSSL cannot work.
[[nodiscard]] Result<void> verify_signature(ByteView message, ByteView algorithm, ByteView signature, EVP_PKEY& key);

}  // namespace certbound::x509
