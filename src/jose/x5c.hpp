#pragma once

#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/base64url.hpp"
#include "base/result.hpp"
#include "crypto/digest.hpp"

namespace certbound::jose {

/// The value of `x5c` (RFC 7517 section 4.7): 1 to 10 certificates in standard base64, leaf first, and the leaf's key
/// has the RFC 7638 `thumbprint`. Nothing else of the certificates is judged. Errors: `invalid_request`.
[[nodiscard]] Result<std::vector<Bytes>> parse_x5c(const nlohmann::json& value, const crypto::Sha256& thumbprint);

}  // namespace certbound::jose
