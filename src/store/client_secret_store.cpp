#include "store/client_secret_store.hpp"

#include "base/text.hpp"

namespace certbound::store {

Error no_such_client(const model::ClientId& id) {
  return invalid_input("no client " + json_quoted(id.text()) + " is registered");
}

Result<void> check_secret_room(const model::Client& client, WallTime now) {
  const std::string who = "client " + json_quoted(client.client_id.text());
  if (!model::is_secret_method(client.token_endpoint_auth_method)) {
    return invalid_input(who + " authenticates by " + std::string{name(client.token_endpoint_auth_method)} +
                         " and takes no secret; its token_endpoint_auth_method would have to be client_secret_basic "
                         "or client_secret_post");
  }
  std::vector<std::string> valid;
  if (!client.declared_secret_sha256.empty()) valid.emplace_back("the one of its client_secret_file");
  for (const model::ClientSecret& secret : client.secrets) {
    if (!is_over(secret, now)) valid.push_back("number " + std::to_string(secret.id));
  }
  if (valid.size() < kMostSecrets) return {};
  return invalid_input(who + " has " + std::to_string(valid.size()) + " valid secrets already (" + join(valid, ", ") +
                       "); remove the one that is no longer used, with client secret remove, then ask again");
}

}  // namespace certbound::store
