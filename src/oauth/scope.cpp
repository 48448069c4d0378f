#include "oauth/scope.hpp"

#include <algorithm>

namespace certbound::oauth {

namespace {

Error refuse_target(Reason reason, PublicText text, std::string detail) {
  return {ErrorCode::invalid_target, reason, text, std::move(detail)};
}

Error refuse_scope(Reason reason, PublicText text, std::string detail) {
  return {ErrorCode::invalid_scope, reason, text, std::move(detail)};
}

/// RFC 8707 section 2: an absolute URI (RFC 3986 section 4.3) without a fragment.
bool is_absolute_uri(std::string_view text) {
  return model::has_uri_scheme(text) &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f && c != '#'; });
}

Result<void> check_resource(const std::string& resource, const model::Client& client, const Resources& resources) {
  if (!is_absolute_uri(resource)) {
    return refuse_target(Reason::malformed_resource, "resource must be an absolute URI without a fragment", resource);
  }
  if (!resources.contains(resource)) {
    return refuse_target(Reason::resource_unknown, "the resource is not available to this client", resource);
  }
  if (std::find(client.resources.begin(), client.resources.end(), resource) == client.resources.end()) {
    return refuse_target(Reason::resource_not_allowed, "the resource is not available to this client", resource);
  }
  return {};
}

bool is_offered(const std::string& token, const std::vector<std::string>& audience, const Resources& resources) {
  return std::any_of(audience.begin(), audience.end(), [&](const std::string& identifier) {
    const auto resource = resources.find(identifier);
    return resource != resources.end() && resource->second.scopes.has(token);
  });
}

}  // namespace

Result<std::vector<std::string>> select_audience(const std::vector<std::string>& asked, const model::Client& client,
                                                 const Resources& resources) {
  std::vector<std::string> audience;
  for (const std::string& resource : asked) {
    if (auto checked = check_resource(resource, client, resources); !checked) return std::move(checked).error();
    if (std::find(audience.begin(), audience.end(), resource) == audience.end()) audience.push_back(resource);
  }
  if (!audience.empty()) return audience;
  if (client.resources.empty()) {
    return refuse_target(Reason::resource_missing, "the request names no resource and the client has none", {});
  }
  // A client's resource may have left the configuration since the client was registered by other means.
  if (auto checked = check_resource(client.resources.front(), client, resources); !checked) {
    return std::move(checked).error();
  }
  return std::vector<std::string>{client.resources.front()};
}

Result<model::Scope> select_scope(std::string_view asked, const model::Client& client,
                                  const std::vector<std::string>& audience, const Resources& resources) {
  const auto requested = model::Scope::parse(asked);
  if (!requested) {
    return refuse_scope(Reason::malformed_scope, "scope holds a character that is not permitted", std::string{asked});
  }
  if (requested->is_empty()) {
    model::Scope granted;
    for (const std::string& token : client.scope.tokens()) {
      if (is_offered(token, audience, resources)) granted.add(token);
    }
    return granted;
  }
  for (const std::string& token : requested->tokens()) {
    if (!client.scope.has(token)) {
      return refuse_scope(Reason::scope_not_allowed, "the scope is not available to this client", token);
    }
    if (!is_offered(token, audience, resources)) {
      return refuse_scope(Reason::scope_not_for_resource, "the scope is not one of the requested resource", token);
    }
  }
  return *requested;
}

}  // namespace certbound::oauth
