#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "base/result.hpp"

namespace certbound::crypto {

/// Fills `out` from OpenSSL's generator (RAND_bytes), through a buffer of this thread, since one call costs more than
/// the octets. Errors: `server_error` where the generator has no entropy; then nothing may be issued.
[[nodiscard]] Result<void> fill_random(std::span<std::uint8_t> out);

/// Eight octets of a hash over the generator, the kernel's own and the clock in nanoseconds: also a copy of this
/// process, as of a virtual machine that is restored twice, gets others, unless its kernel and its clock are equal as
/// well. Errors: `server_error`.
[[nodiscard]] Result<std::array<std::uint8_t, 8>> uncopied_octets();

/// 128 random bits as 22 characters of base64url: `jti`, request ids.
[[nodiscard]] Result<std::string> random_id();

}  // namespace certbound::crypto
