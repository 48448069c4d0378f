#include "oauth/grants/grant.hpp"

#include "oauth/grants/client_credentials.hpp"

namespace certbound::oauth {

namespace {

constexpr GrantEntry kGrants[] = {
    {"client_credentials", &client_credentials_grant},
};

}  // namespace

std::span<const GrantEntry> all_grants() { return kGrants; }

Result<const Grant*> find_grant(std::string_view grant_type) {
  for (const GrantEntry& entry : kGrants) {
    if (entry.name == grant_type) return entry.grant();
  }
  return Error{ErrorCode::unsupported_grant_type, Reason::unsupported_grant_type,
               "the server does not support this grant_type", std::string{grant_type}};
}

Authorization Grant::make_authorization(Facts facts, const AuthenticatedClient& caller, const Confirmation& bound) {
  Authorization authorization;
  authorization.subject_ = std::move(facts.subject);
  authorization.client_id_ = caller.client().client_id.text();
  authorization.audience_ = std::move(facts.audience);
  authorization.scope_ = std::move(facts.scope);
  authorization.token_ = facts.token;
  authorization.confirmation_ = bound;
  return authorization;
}

}  // namespace certbound::oauth
