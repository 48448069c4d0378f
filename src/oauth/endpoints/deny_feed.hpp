#pragma once

#include <chrono>
#include <cstddef>
#include <span>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/denial.hpp"
#include "oauth/issue.hpp"
#include "oauth/snapshot.hpp"

namespace certbound::oauth {

/// How long a feed may be relied on (`exp`), and how long caches may give it out without asking.
inline constexpr std::chrono::seconds kFeedLifetime{120};
inline constexpr std::chrono::seconds kFeedMaxAge{15};

/// The largest feed: store::DenialLimits at their fullest fit, and every verifier takes it. Every answer is a copy.
inline constexpr std::size_t kMostFeedBytes = 8UL * 1024 * 1024;

/// The deny feed, for resource servers that verify tokens themselves: a JWT, `typ: denied+jwt`, with `iss`, `iat`,
/// `exp` and `denied`: by kind (`jti`, `x5t#S256`, `client_id`, `issued_before`) a list of objects with a member of
/// that name, and where it is so `issued_before` and `until`: without it, it ends when somebody ends it. The same for
/// everybody, and public: no reasons. What is over at `now` is left out. Errors: `server_error`, also where it would be
/// larger than kMostFeedBytes: half a feed would say of the others that they are not denied.
[[nodiscard]] Result<Document> render_deny_feed(std::span<const model::Denial> denials, const Snapshot& snapshot,
                                                TokenSigner& signer, WallTime now);

}  // namespace certbound::oauth
