#include "oauth/token_policy.hpp"

#include <algorithm>
#include <optional>

namespace certbound::oauth {

Result<TokenPolicy> select_token_policy(const std::vector<std::string>& audience, const Snapshot& snapshot) {
  std::optional<TokenPolicy> policy;
  for (const std::string& identifier : audience) {
    const auto resource = snapshot.resources.find(identifier);
    if (resource == snapshot.resources.end()) continue;
    const auto lifetime = resource->second.lifetime.value_or(snapshot.tokens.lifetime);
    if (!policy) policy = TokenPolicy{resource->second.token_format, lifetime};
    if (policy->format != resource->second.token_format) {
      return Error{ErrorCode::invalid_target, Reason::resource_formats_differ,
                   "the resources take tokens of different kinds; ask for one token each", identifier};
    }
    policy->lifetime = std::min(policy->lifetime, lifetime);
  }
  return policy.value_or(TokenPolicy{model::TokenFormat::jwt, snapshot.tokens.lifetime});
}

}  // namespace certbound::oauth
