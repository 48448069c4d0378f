#pragma once

#include <string_view>

namespace certbound::http {

/// Does the `Accept` header ask for `type` by its name, and not for `other` more than for it (RFC 9110 section 12.5.1)?
/// Wildcards ask for neither. Both are media types without parameters.
[[nodiscard]] bool prefers(std::string_view accept, std::string_view type, std::string_view other);

}  // namespace certbound::http
