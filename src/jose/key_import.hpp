#pragma once

#include "base/base64url.hpp"
#include "base/result.hpp"
#include "crypto/handle.hpp"
#include "jose/algorithm.hpp"

namespace certbound::jose {

/// A public key from its coordinates, each of the curve's full length. Errors: `invalid_request` where the point is not
/// on the curve.
[[nodiscard]] Result<crypto::KeyHandle> make_ec_key(const Curve& curve, ByteView x, ByteView y);

/// A public key from modulus and exponent, big-endian without leading zero octets: 2048 to 8192 bits; an odd exponent
/// from 3, of at most 64 bits, so that one verification has a bounded cost. Errors: `invalid_request`, the member in
/// `detail`.
[[nodiscard]] Result<crypto::KeyHandle> make_rsa_key(ByteView n, ByteView e);

/// A public key from its 32 octets (RFC 8032 section 5.1.2). Errors: `invalid_request` where they are no point, or one
/// of small order.
[[nodiscard]] Result<crypto::KeyHandle> make_ed25519_key(ByteView x);

}  // namespace certbound::jose
