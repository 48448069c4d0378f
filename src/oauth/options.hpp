#pragma once

#include <chrono>
#include <filesystem>

#include "model/signing_key.hpp"

namespace certbound::oauth {

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
