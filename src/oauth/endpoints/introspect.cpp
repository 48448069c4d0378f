#include <algorithm>
#include <memory>

#include "base/text.hpp"
#include "http/accept.hpp"
#include "http/json_response.hpp"
#include "oauth/active.hpp"
#include "oauth/endpoints/client_endpoint.hpp"

namespace certbound::oauth {

namespace {

constexpr std::string_view kIntrospectionJwt = "application/token-introspection+jwt";
constexpr std::string_view kInactive = "{\"active\":false}";

/// RFC 7662 section 4: whom the token is for. The client that it was issued to is not asked: to it a token is opaque.
bool may_see(const AuthenticatedClient& caller, const Claims& claims, const Snapshot& snapshot) {
  const std::string& id = caller.client().client_id.text();
  return std::any_of(claims.audience.begin(), claims.audience.end(), [&](const std::string& identifier) {
    const auto resource = snapshot.resources.find(identifier);
    if (resource == snapshot.resources.end()) return false;
    const auto& clients = resource->second.introspection_clients;
    return std::find(clients.begin(), clients.end(), id) != clients.end();
  });
}

/// RFC 7662 section 2.2. Nothing but `active` of a token that is not active, or not for the caller.
std::string describe_token(std::string_view token, const AuthenticatedClient& caller, const EndpointContext& context,
                           audit::Event& event) {
  event.token_state = "unknown";
  const auto opened = context.tokens.open(token);
  if (!opened) return std::string{kInactive};
  const std::shared_ptr<const Claims>& claims = *opened;
  note_claims(event, *claims);
  event.token_state = "not_for_caller";
  if (!may_see(caller, *claims, context.snapshot)) return std::string{kInactive};
  const TokenState state = judge_token(*claims, context.denied, context.now);
  event.token_state = name(state);
  if (state != TokenState::active) return std::string{kInactive};
  std::string body = "{\"active\":true,\"token_type\":\"";
  body += token_type(claims->confirmation);
  body += "\",";
  append_claims(body, *claims);
  body.back() = '}';
  return body;
}

/// RFC 9701 section 5. No `sub` and no `exp` beside the answer, so that it passes for no access token (section 8.1).
Result<std::string> sign_answer(const std::string& answer, const AuthenticatedClient& caller,
                                const EndpointContext& context) {
  std::string payload = "{\"iss\":" + json_quoted(context.snapshot.issuer);
  payload += ",\"aud\":" + json_quoted(caller.client().client_id.text());
  payload += ",\"iat\":" + std::to_string(unix_seconds(context.now));
  payload += ",\"token_introspection\":" + answer + "}";
  return context.signer.sign("token-introspection+jwt", payload);
}

http::Response make_uncacheable(std::string_view content_type, std::string body) {
  http::Response response{200, content_type, std::move(body)};
  response.headers.emplace_back("Cache-Control", "no-store");
  response.headers.emplace_back("Pragma", "no-cache");
  return response;
}

}  // namespace

Task<Result<http::Response>> introspect_token(const http::Request& request, const http::Form& form,
                                              const AuthenticatedClient& caller, const EndpointContext& context,
                                              audit::Event& event) {
  const auto token = find_token(form);
  if (!token) co_return token.error();
  std::string answer = describe_token(*token, caller, context, event);
  if (!http::prefers(request.join_header("accept"), kIntrospectionJwt, http::kJson)) {
    co_return make_uncacheable(http::kJson, std::move(answer));
  }
  auto signed_answer = sign_answer(answer, caller, context);
  if (!signed_answer) co_return std::move(signed_answer).error();
  co_return make_uncacheable(kIntrospectionJwt, *std::move(signed_answer));
}

}  // namespace certbound::oauth
