#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "http/form.hpp"

namespace certbound::oauth {

/// The parameters of a token request (RFC 6749 section 4.4.2, RFC 8707 section 2.2) that are not client authentication,
/// as they were sent: what they mean is the grant's business, after the client is known.
struct TokenRequest {
  TokenRequest() = default;

  std::string grant_type;
  std::string scope;                   ///< empty where it was omitted
  std::vector<std::string> resources;  ///< in the order given
};

/// Errors: `invalid_request`, missing_parameter where there is no grant_type.
[[nodiscard]] Result<TokenRequest> parse_token_request(const http::Form& form);

}  // namespace certbound::oauth
