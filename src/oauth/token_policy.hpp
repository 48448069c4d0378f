#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/resource.hpp"
#include "oauth/snapshot.hpp"

namespace certbound::oauth {

/// What a token for an audience looks like and how long it lives.
struct TokenPolicy {
  model::TokenFormat format = model::TokenFormat::jwt;
  std::chrono::seconds lifetime{};
};

/// Of a token for all of `audience`, which are resources of the snapshot: the shortest lifetime of any, and their one
/// format. Errors: `invalid_target`, resource_formats_differ: a JWT would show the client what its resource wants
/// sealed, and an opaque token be nothing to a resource that verifies by itself.
[[nodiscard]] Result<TokenPolicy> select_token_policy(const std::vector<std::string>& audience,
                                                      const Snapshot& snapshot);

}  // namespace certbound::oauth
