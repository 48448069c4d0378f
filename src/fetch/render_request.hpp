#pragma once

#include <optional>
#include <string>

#include "fetch/request.hpp"
#include "fetch/response.hpp"
#include "fetch/url.hpp"

namespace certbound::fetch {

/// What the caller got wrong: text that would end a header line, a GET with a body, no time at all.
[[nodiscard]] std::optional<Problem> check_request(const Request& request);

/// The request as HTTP/1.1 octets: one request per connection, no content coding, conditional where it has validators.
[[nodiscard]] std::string render_request(const Request& request, const Url& url);

}  // namespace certbound::fetch
