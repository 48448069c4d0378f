#pragma once

#include <string>

#include "base/base64url.hpp"
#include "base/result.hpp"

namespace certbound::x509 {

/// The extensions of a whole CRL (RFC 5280 section 5.2), `content` being what is inside their SEQUENCE. Returns the CRL
/// number's content octets, none where it is absent. Errors: `invalid_request` for those that are malformed, repeated,
/// critical and unknown, or that make it another list than the complete one of its issuer.
[[nodiscard]] Result<ByteView> check_crl_extensions(ByteView content);

/// The extensions of one entry (section 5.3). Errors: as above, and for removeFromCRL and certificateIssuer.
[[nodiscard]] Result<void> check_crl_entry_extensions(ByteView content);

}  // namespace certbound::x509
