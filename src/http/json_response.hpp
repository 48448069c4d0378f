#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "http/response.hpp"

namespace certbound::http {

inline constexpr std::string_view kJson = "application/json";

/// `{"error":…,"error_description":…,"request_id":…}`: the one shape of every refusal, uncacheable.
/// `error` is a code of ours or of RFC 6749; `request_id` finds the log line and the audit record.
[[nodiscard]] Response error_response(int status, std::string_view error, PublicText description,
                                      std::string_view request_id);

/// 405 with `Allow` (RFC 9110 section 15.5.6).
[[nodiscard]] Response method_not_allowed(std::string_view allow, std::string_view request_id);

/// 404.
[[nodiscard]] Response not_found(std::string_view request_id);

}  // namespace certbound::http
