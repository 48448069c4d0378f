#include "oauth/active.hpp"

namespace certbound::oauth {

std::string_view name(TokenState state) {
  switch (state) {
    case TokenState::active:
      return "active";
    case TokenState::not_yet_valid:
      return "not_yet_valid";
    case TokenState::expired:
      return "expired";
    case TokenState::denied:
      return "denied";
  }
  return {};
}

TokenState judge_token(const Claims& claims, const DenyList& denied, WallTime now) {
  // RFC 7662 section 4: also not before its time, where the clock was set back. It is the one that issued.
  if (claims.issued_at > now) return TokenState::not_yet_valid;
  // RFC 7519 section 4.1.4: on or after `exp` it must not be accepted.
  if (now >= claims.expires_at) return TokenState::expired;
  if (denied.find(claims, now)) return TokenState::denied;
  return TokenState::active;
}

bool is_active(const Claims& claims, const DenyList& denied, WallTime now) {
  return judge_token(claims, denied, now) == TokenState::active;
}

}  // namespace certbound::oauth
