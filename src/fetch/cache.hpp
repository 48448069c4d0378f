#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "base/clock.hpp"
#include "fetch/request.hpp"
#include "fetch/response.hpp"

namespace certbound::fetch {

/// An HTTP date in any of the three forms of RFC 9110 section 5.6.7. Nothing where it is none. `now` decides the
/// century of a two-digit year.
[[nodiscard]] std::optional<WallTime> parse_http_date(std::string_view text, WallTime now);

/// How long from `now`, when it was received, an answer may be used without asking again: as a private cache reads
/// `Cache-Control` (no-store, no-cache, max-age), `Age`, `Expires` and `Date` (RFC 9111 section 4.2), then forced into
/// the bounds. What is malformed counts as stale: the minimum.
[[nodiscard]] std::chrono::seconds freshness(const ResponseHead& head, WallTime now, const FreshnessBounds& bounds);

/// The answer's ETag and Last-Modified, each only where it is well formed and at most 256 octets, since it is sent
/// back.
[[nodiscard]] Validators read_validators(const ResponseHead& head, WallTime now);

/// Retry-After as a duration from `now`, in either of its forms (RFC 9110 section 10.2.3).
[[nodiscard]] std::optional<std::chrono::seconds> read_retry_after(const ResponseHead& head, WallTime now);

}  // namespace certbound::fetch
