#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>

#include "model/signing_key.hpp"

namespace certbound::oauth {

/// `profile`: rules that a whole deployment keeps.
enum class Profile : std::uint8_t {
  none,
  fapi2,  ///< FAPI 2.0 Security Profile, as far as it concerns a server without a browser
};

/// `dpop`.
struct DpopOptions {
  enum class Nonce : std::uint8_t {
    off,
    on,  ///< a proof needs a nonce of ours (RFC 9449 section 8)
  };
  Nonce nonce = Nonce::off;
};

/// `signing`.
struct SigningOptions {
  model::SigningAlgorithm algorithm = model::SigningAlgorithm::es256;
  std::chrono::seconds rotation_interval = std::chrono::hours{30 * 24};  ///< zero: keys change when asked to only
  std::chrono::seconds jwks_max_age{300};                                ///< `Cache-Control` of the key set
  std::filesystem::path key_encryption_key;                              ///< empty: the store has the keys plain
};

/// `tokens`.
struct TokenOptions {
  std::chrono::seconds lifetime{300};  ///< from 10 s to 24 h
};

}  // namespace certbound::oauth
