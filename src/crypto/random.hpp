#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/result.hpp"

namespace certbound::crypto {

/// Fills `out` from OpenSSL's generator (RAND_bytes), through a buffer of this thread, since one call costs more than
/// the octets. Errors: `server_error` where the generator has no entropy; then nothing may be issued.
[[nodiscard]] Result<void> fill_random(std::span<std::uint8_t> out);

/// 128 random bits as 22 characters of base64url: `jti`, request ids.
[[nodiscard]] Result<std::string> random_id();

}  // namespace certbound::crypto
