#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/ids.hpp"

namespace certbound::model {

/// What an access token looks like.
enum class TokenFormat : std::uint8_t {
  jwt,    ///< RFC 9068: the API verifies it by itself
  opaque  ///< sealed: the API asks the introspection endpoint
};

/// A protected API: RFC 8707 resource identifier, RFC 9068 `aud`.
struct Resource {
  std::string identifier;  ///< absolute URI without fragment; compared octet by octet
  Scope scopes;            ///< what the API understands
  TokenFormat token_format = TokenFormat::jwt;
  std::optional<std::chrono::seconds> lifetime{};    ///< of its tokens; nothing: that of all
  std::vector<std::string> introspection_clients{};  ///< client_ids of this resource's servers
  [[nodiscard]] bool operator==(const Resource&) const = default;
};

/// Does the text begin as an absolute URI does: a scheme (RFC 3986 section 3.1), a colon, and something after it?
[[nodiscard]] bool has_uri_scheme(std::string_view text);

}  // namespace certbound::model
