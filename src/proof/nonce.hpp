#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "crypto/secret.hpp"

namespace certbound::proof {

/// DPoP nonces (RFC 9449 sections 8 and 9) without a memory: each is the second in which it was made and 128 bits of an
/// HMAC-SHA-256 over it, with a key that is derived anew for each hour from a secret of this object. A nonce of another
/// object, of another process or of another purpose is none. Unpredictable; 32 characters of base64url.
///
/// Immutable after make(): any thread, no lock, about two microseconds.
class NonceMaker {
 public:
  /// `purpose`: a literal, which is not copied; nonces of two purposes are never interchangeable. `lifetime`: how long
  /// one is accepted. Errors: `server_error` where there is no entropy.
  [[nodiscard]] static Result<NonceMaker> make(std::string_view purpose, std::chrono::seconds lifetime);

  /// The same for all who ask in one second. Errors: `server_error` where the clock stands before 1970.
  [[nodiscard]] Result<std::string> issue(WallTime now) const;

  /// Was it issued here, not longer than the lifetime ago? One from the future is none: where the clock was set back, a
  /// client is sent a fresh one, as if its own had been too old. In constant time as to the HMAC.
  [[nodiscard]] bool accepts(std::string_view nonce, WallTime now) const;

 private:
  NonceMaker(crypto::Secret secret, std::string_view purpose, std::chrono::seconds lifetime);

  crypto::Secret secret_;
  std::string_view purpose_;
  std::chrono::seconds lifetime_;
};

}  // namespace certbound::proof
