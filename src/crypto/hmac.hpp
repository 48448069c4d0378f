#pragma once

#include "base/base64url.hpp"
#include "crypto/digest.hpp"

namespace certbound::crypto {

/// HMAC (RFC 2104) with SHA-256. `key` is not empty. Compared as a digest is, in constant time. The algorithm is
/// fetched once per thread; about a microsecond. Throws std::bad_alloc only.
[[nodiscard]] Sha256 hmac_sha256(ByteView key, ByteView message);

}  // namespace certbound::crypto
