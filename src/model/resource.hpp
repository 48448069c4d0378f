#pragma once

#include <string>

#include "model/ids.hpp"

namespace certbound::model {

/// A protected API: RFC 8707 resource identifier, RFC 9068 `aud`.
struct Resource {
  std::string identifier;  ///< absolute URI without fragment; compared octet by octet
  Scope scopes;            ///< what the API understands
  [[nodiscard]] bool operator==(const Resource&) const = default;
};

}  // namespace certbound::model
