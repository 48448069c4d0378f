#pragma once

#include <string_view>
#include <vector>

#include "oauth/explain.hpp"
#include "oauth/proof/binding.hpp"

namespace certbound::oauth {

/// A step that passed where `reason` is none, else failed.
[[nodiscard]] Step make_step(std::string_view step_name, Reason reason);

/// The steps of what a request brings besides its certificate. `verdict` is what the server's own functions say: each
/// reason belongs to one step, and that one failed.

/// Of a private_key_jwt client: signature, claims, audience, dates.
[[nodiscard]] std::vector<Step> explain_assertion(const store::DirectoryClient& client, const Snapshot& snapshot,
                                                  const FetchedKeys& fetched, const Credential& credential,
                                                  const Explanation& verdict, WallTime now);

/// Of a client with a secret.
[[nodiscard]] Step explain_secret(const store::DirectoryClient& client, const Credential& credential,
                                  const Explanation& verdict, WallTime now);

/// The DPoP proof, where there is one.
[[nodiscard]] Step explain_dpop(const ExplainedRequest& request, const Explanation& verdict, WallTime now);

/// To what the token is bound; `bound` is nothing where that was not reached.
[[nodiscard]] Step explain_binding(const model::Client& client, const Explanation& verdict,
                                   const std::optional<Confirmation>& bound);

}  // namespace certbound::oauth
