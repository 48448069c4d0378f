#include "oauth/grants/client_credentials.hpp"

#include <algorithm>

#include "oauth/scope.hpp"

namespace certbound::oauth {

Task<Result<Authorization>> ClientCredentials::authorize(const TokenRequest& request, const AuthenticatedClient& caller,
                                                         const Confirmation& bound, const Snapshot& snapshot) const {
  const model::Client& client = caller.client();
  if (std::find(client.grant_types.begin(), client.grant_types.end(), request.grant_type) == client.grant_types.end()) {
    co_return Error{ErrorCode::unauthorized_client, Reason::grant_not_allowed,
                    "the client is not registered for this grant_type", request.grant_type};
  }
  auto audience = select_audience(request.resources, client, snapshot.resources);
  if (!audience) co_return std::move(audience).error();
  auto scope = select_scope(request.scope, client, *audience, snapshot.resources);
  if (!scope) co_return std::move(scope).error();

  const auto token = select_token_policy(*audience, snapshot);
  if (!token) co_return token.error();

  Facts facts;
  facts.token = *token;
  facts.subject = client.client_id.text();  // RFC 9068 section 2.2: without a resource owner `sub` is the client
  facts.audience = *std::move(audience);
  facts.scope = *std::move(scope);
  co_return make_authorization(std::move(facts), caller, bound);
}

const Grant* client_credentials_grant() {
  static const ClientCredentials grant;
  return &grant;
}

}  // namespace certbound::oauth
