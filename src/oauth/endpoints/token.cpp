#include "base/text.hpp"
#include "http/json_response.hpp"
#include "oauth/endpoints/client_endpoint.hpp"
#include "oauth/grants/grant.hpp"

namespace certbound::oauth {

namespace {

/// RFC 6749 section 5.1.
http::Response render_token(const IssuedToken& token) {
  std::string body = "{\"access_token\":\"";
  body.reserve(token.access_token.size() + 256);
  body += token.access_token;
  body += "\",\"token_type\":\"";
  body += token_type(token.claims.confirmation);
  body += "\",\"expires_in\":";
  body += std::to_string((token.claims.expires_at - token.claims.issued_at).count());
  if (!token.claims.scope.empty()) {
    body += ",\"scope\":";
    body += json_quoted(token.claims.scope);
  }
  body.push_back('}');
  http::Response response{200, http::kJson, std::move(body)};
  response.headers.emplace_back("Cache-Control", "no-store");
  response.headers.emplace_back("Pragma", "no-cache");
  return response;
}

/// A literal.
std::string_view confirmation_members(const Confirmation& confirmation) {
  if (confirmation.jkt.empty()) return confirmation.x5t_s256.empty() ? "" : "x5t#S256";
  return confirmation.x5t_s256.empty() ? "jkt" : "x5t#S256 jkt";
}

void note_token(audit::Event& event, const IssuedToken& token) {
  const Claims& claims = token.claims;
  event.token_type = token_type(claims.confirmation);
  event.jti = claims.jti;
  event.kid = token.kid;
  event.audience = claims.audience;
  event.scope = claims.scope;
  event.confirmation = confirmation_members(claims.confirmation);
  event.expires_at = claims.expires_at;
}

/// To whatever the request proves, by the client's rules.
Task<Result<Confirmation>> bind_request(const http::Request& request, const AuthenticatedClient& caller,
                                        const EndpointContext& context, audit::Event& event) {
  const auto dpop = co_await take_dpop_proof(request, context.snapshot, context.dpop, context.now);
  if (!dpop) co_return dpop.error();
  if (*dpop) event.dpop_key = (*dpop)->to_base64url();
  ProvenKeys proven;
  proven.certificate = caller.certificate().get();
  proven.dpop = *dpop;
  co_return bind(caller.client(), proven);
}

}  // namespace

Task<Result<http::Response>> grant_token(const http::Request& request, const http::Form& form,
                                         const AuthenticatedClient& caller, const EndpointContext& context,
                                         audit::Event& event) {
  const auto asked = parse_token_request(form);
  if (!asked) co_return asked.error();
  const auto grant = find_grant(asked->grant_type);
  if (!grant) co_return grant.error();
  const auto bound = co_await bind_request(request, caller, context, event);
  if (!bound) co_return bound.error();
  const auto authorization = co_await (*grant)->authorize(*asked, caller, *bound, context.snapshot);
  if (!authorization) co_return authorization.error();
  const auto token = context.signer.issue(*authorization, context.snapshot, event.time);
  if (!token) co_return token.error();
  note_token(event, *token);
  co_return render_token(*token);
}

}  // namespace certbound::oauth
