#pragma once

#include <cstdint>

#include "base/error.hpp"
#include "http/request.hpp"
#include "http/response.hpp"

namespace certbound::oauth {

/// The status of invalid_client.
enum class Refusal : std::uint8_t {
  bad_request,   ///< 400, or 401 where the request used the `Authorization` header (RFC 6749 section 5.2)
  unauthorized,  ///< 401 always (RFC 7662 section 2.3)
};

/// An error as RFC 6749 section 5.2 renders it: status by code, `invalid_client` as `refusal` says, a 401 with
/// `WWW-Authenticate`. Nothing of `detail` or `reason` is in it.
[[nodiscard]] http::Response render_error(const Error& error, const http::Request& request,
                                          Refusal refusal = Refusal::bad_request);

}  // namespace certbound::oauth
