#pragma once

#include <openssl/evp.h>

#include "base/base64url.hpp"
#include "base/result.hpp"
#include "jose/algorithm.hpp"

namespace certbound::jose {

/// Verifies one signature over `input`. `key` must fit the algorithm (fits_key). The length is exact; ECDSA is R‖S with
/// neither half zero; the salt of PSS is as long as the digest and MGF1 uses the same digest (RFC 7518
/// sections 3.4, 3.5). Errors: `invalid_request`.
[[nodiscard]] Result<void> verify_signature(const Algorithm& algorithm, EVP_PKEY& key, ByteView input,
                                            ByteView signature);

}  // namespace certbound::jose
