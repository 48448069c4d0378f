#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace certbound {

/// The wall clock. Everything on the wire and in the store is in whole Unix seconds, UTC.
using WallTime = std::chrono::sys_seconds;

/// A wall clock that a test can replace; called from every worker, so it must be thread safe.
using WallClock = WallTime (*)();

/// The system's wall clock, cut to seconds.
[[nodiscard]] WallTime wall_now();

/// Unix seconds, as `iat` and `exp` carry them.
[[nodiscard]] constexpr long long unix_seconds(WallTime time) { return time.time_since_epoch().count(); }

/// `2026-11-21T02:20:38Z` (RFC 3339, UTC, seconds).
[[nodiscard]] std::string to_rfc3339(WallTime time);

/// The current wall time with milliseconds for log lines: `2026-11-21T02:20:38.123Z`.
[[nodiscard]] std::string rfc3339_now_with_milliseconds();

/// RFC 3339 with `Z` or a numeric offset, or decimal Unix seconds. Errors: `invalid_request` with what is wrong in
/// `detail`.
[[nodiscard]] Result<WallTime> parse_time(std::string_view text);

}  // namespace certbound
