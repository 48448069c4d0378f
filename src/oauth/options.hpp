#pragma once

#include <chrono>

#include "model/signing_key.hpp"

namespace certbound::oauth {

/// `signing`.
struct SigningOptions {
  model::SigningAlgorithm algorithm = model::SigningAlgorithm::es256;
};

/// `tokens`.
struct TokenOptions {
  std::chrono::seconds lifetime{300};  ///< from 10 s to 24 h
};

}  // namespace certbound::oauth
