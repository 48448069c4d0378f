#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "crypto/handle.hpp"
#include "crypto/key.hpp"
#include "model/signing_key.hpp"

namespace certbound::jose {

/// The kind of key that an algorithm signs with.
[[nodiscard]] crypto::KeyType key_type_for(model::SigningAlgorithm algorithm);

/// Signs for one worker with one key. Holds OpenSSL contexts that are reused from call to call: setting one up for each
/// signature costs more than the digest and the encoding together. Not thread safe, so every worker has its own over
/// the shared key.
class Signer {
 public:
  /// `key` is shared and outlives no one: the signer takes a reference. Signs once, to be sure that it can.
  /// Errors: `server_error` where the key does not fit the algorithm or has no private half.
  [[nodiscard]] static Result<Signer> make(EVP_PKEY& key, model::SigningAlgorithm algorithm);

  Signer(Signer&&) noexcept;
  Signer& operator=(Signer&&) noexcept;
  ~Signer();

  /// The JWS signature octets (RFC 7518 section 3: for ES256 R‖S, 64 octets; for PS256 salt as long as the digest; RFC
  /// 8037 for EdDSA), appended to `out` in base64url. `input` is the JWS signing input: BASE64URL(header) '.'
  /// BASE64URL(payload); it may be a part of `out`, since it is read before `out` grows. Errors: `server_error`; `out`
  /// is then as it was.
  [[nodiscard]] Result<void> append_signature(std::string& out, std::string_view input);

  [[nodiscard]] model::SigningAlgorithm algorithm() const;

 private:
  struct State;
  explicit Signer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// A whole compact JWS (RFC 7515 section 3.1) of a header and payload that are JSON already. Errors: `server_error`.
[[nodiscard]] Result<std::string> sign_compact(Signer& signer, std::string_view header_json,
                                               std::string_view payload_json);

}  // namespace certbound::jose
