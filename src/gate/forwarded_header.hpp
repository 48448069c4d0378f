#pragma once

#include <optional>
#include <string_view>

#include "base/result.hpp"
#include "http/request.hpp"

namespace certbound::gate {

/// The value of the header `name` (lower case) of a proxy's request; nothing where it is absent. Errors:
/// `invalid_request` where it stands twice, or beside a name that differs from it in `_` for `-` alone: some servers
/// take the two for one, so a client may have sent the other.
[[nodiscard]] Result<std::optional<std::string_view>> find_forwarded(const http::Request& request,
                                                                     std::string_view name);

}  // namespace certbound::gate
