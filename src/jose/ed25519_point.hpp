#pragma once

#include "base/base64url.hpp"

namespace certbound::jose {

/// Is this the canonical encoding of a point of Ed25519 (RFC 8032 section 5.1.3) whose order is not 1, 2, 4 or 8? With
/// a key of small order one signature fits many messages. OpenSSL imports any 32 octets and looks at them first when it
/// verifies. Not constant time.
[[nodiscard]] bool is_ed25519_public_point(ByteView encoded);

}  // namespace certbound::jose
