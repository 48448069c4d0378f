#pragma once

#include <string>
#include <string_view>

#include "base/base64url.hpp"
#include "base/result.hpp"
#include "crypto/aead.hpp"
#include "crypto/secret.hpp"

namespace certbound::jose {

/// A compact JWE (RFC 7516 section 7.1) with the one algorithm that is used here: `dir` (RFC 7518 section 4.5) and
/// `A256GCM` (section 5.3). `kid` and `typ` are ours and hold no character that JSON escapes. `key` has
/// crypto::kAes256KeyOctets; `nonce` is another one for each text of a key. Errors: `server_error`.
[[nodiscard]] Result<std::string> seal_compact(std::string_view typ, std::string_view kid, const crypto::Secret& key,
                                               const crypto::GcmNonce& nonce, std::string_view text);

/// Has the text as many parts as a compact JWE? A JWS has fewer.
[[nodiscard]] bool has_parts_of_jwe(std::string_view token);

/// A compact JWE taken apart and not opened. Nothing of it is to be trusted: kid and typ only select.
struct SealedJwe {
  std::string typ;
  std::string kid;
  std::string associated;  ///< the first part as it stands
  crypto::SealedText sealed;
};

/// Strict: five parts of canonical base64url, of which the second, the encrypted key, is empty; a header of exactly
/// `alg` dir, `enc` A256GCM, `typ` and `kid`, so neither `zip` nor `crit`; a nonce of 12 and a tag of 16 octets. At
/// most 64 KiB. Errors: `invalid_request`, what is wrong in `detail`.
[[nodiscard]] Result<SealedJwe> parse_sealed(std::string_view token);

/// The text. Errors: `invalid_request` where another key sealed it, or it was changed.
[[nodiscard]] Result<std::string> open_sealed(const SealedJwe& jwe, const crypto::Secret& key);

}  // namespace certbound::jose
