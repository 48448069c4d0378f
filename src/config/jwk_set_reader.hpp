#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "config/reader.hpp"
#include "jose/jwk.hpp"

namespace certbound::config {

/// The keys of a JWK Set that stands in the configuration (jose::parse_jwk_set). Nothing where it is none, which is
/// reported; that it holds no key is reported too.
[[nodiscard]] std::optional<std::vector<jose::Jwk>> read_jwk_set(Reader& reader, const Node& node);

/// Complains of the client's option `key`, where it stands, as one of another method.
void refuse_option(Reader& reader, const Node& client, std::string_view key, std::string_view method);

/// A client has `jwks` or `jwks_uri`, and not both (RFC 7591 section 2).
void refuse_two_key_sets(Reader& reader, const Node& client);

}  // namespace certbound::config
