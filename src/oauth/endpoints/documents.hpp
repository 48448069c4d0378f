#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "http/request.hpp"
#include "http/response.hpp"
#include "oauth/snapshot.hpp"

namespace certbound::oauth {

/// With the ETag of its content.
[[nodiscard]] Document make_document(std::string body);

/// `/.well-known/oauth-authorization-server` with the issuer's path behind it (RFC 8414 section 3.1).
[[nodiscard]] std::string metadata_path(std::string_view issuer_path);

/// RFC 8414 metadata, computed from the tables of grants and methods and from the keys, so that it cannot disagree with
/// what is done.
[[nodiscard]] Document render_metadata(const Snapshot& snapshot);

/// RFC 7517 JWK Set: the public half of every key, with kid, use and alg, to be cached for `max_age`. Errors:
/// `server_error`.
[[nodiscard]] Result<Document> render_jwks(const std::vector<SigningKey>& keys, std::chrono::seconds max_age);

/// GET of a document: cacheable for its max_age, with ETag; 304 where If-None-Match has it (RFC 9110 section 13.1.2).
[[nodiscard]] http::Response serve_document(const Document& document, std::string_view content_type,
                                            const http::Request& request);

}  // namespace certbound::oauth
