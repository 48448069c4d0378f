#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.hpp"
#include "oauth/claims.hpp"
#include "oauth/deny_list.hpp"

namespace certbound::oauth {

/// What is to be said of a token that is ours: its signature held, or its seal.
enum class TokenState : std::uint8_t { active, not_yet_valid, expired, denied };

/// `active`, `not_yet_valid`, `expired`, `denied`: what the audit record and the metrics say.
[[nodiscard]] std::string_view name(TokenState state);

/// The one judgement of whether a token is still worth something. Whatever accepts a token asks this, on every use: an
/// answer is as old as `denied` and `now`, and is not kept. A plain function on values.
[[nodiscard]] TokenState judge_token(const Claims& claims, const DenyList& denied, WallTime now);

[[nodiscard]] bool is_active(const Claims& claims, const DenyList& denied, WallTime now);

}  // namespace certbound::oauth
