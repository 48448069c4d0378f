#pragma once

#include "base/error.hpp"
#include "http/request.hpp"
#include "http/response.hpp"

namespace certbound::oauth {

/// An error as RFC 6749 section 5.2 renders it: status by code, `invalid_client` as 400, or as 401 with
/// `WWW-Authenticate` where the request used the `Authorization` header. Nothing of `detail` or `reason` is in it.
[[nodiscard]] http::Response render_error(const Error& error, const http::Request& request);

}  // namespace certbound::oauth
