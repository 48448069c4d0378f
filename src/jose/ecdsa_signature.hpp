#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/base64url.hpp"

namespace certbound::jose {

/// The longest DER form of an ECDSA signature that JOSE knows (P-521).
inline constexpr std::size_t kMaximumDerSignature = 141;

/// An ECDSA signature as DER has it (RFC 3279 section 2.2.3), in place: no allocation.
struct DerSignature {
  std::array<std::uint8_t, kMaximumDerSignature> octets{};
  std::size_t length = 0;
};

/// `SEQUENCE { INTEGER r, INTEGER s }` to R‖S (RFC 7518 section 3.4): each half left-padded to half of `raw`. False
/// where `der` is anything else, or a number does not fit; then `raw` holds nothing of use.
[[nodiscard]] bool parse_der_signature(ByteView der, std::span<std::uint8_t> raw);

/// R‖S to DER. `raw` has an even length of at most 132 octets.
[[nodiscard]] DerSignature make_der_signature(ByteView raw);

/// Is r or s zero? Such a signature is never valid, and verifiers that forget it accept it for every message.
[[nodiscard]] bool has_zero_half(ByteView raw);

}  // namespace certbound::jose
