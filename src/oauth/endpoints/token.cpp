#include "oauth/endpoints/token.hpp"

#include "base/text.hpp"
#include "http/json_response.hpp"
#include "oauth/client_auth/authenticate.hpp"
#include "oauth/grants/grant.hpp"

namespace certbound::oauth {

namespace {

constexpr std::string_view kTokenType = "Bearer";

/// RFC 6749 section 5.1.
http::Response render_token(const IssuedToken& token, const Authorization& authorization, const Snapshot& snapshot) {
  std::string body = "{\"access_token\":\"";
  body.reserve(token.access_token.size() + 256);
  body += token.access_token;
  body += "\",\"token_type\":\"";
  body += kTokenType;
  body += "\",\"expires_in\":";
  body += std::to_string(snapshot.tokens.lifetime.count());
  if (!authorization.scope().is_empty()) {
    body += ",\"scope\":";
    body += json_quoted(authorization.scope().text());
  }
  body.push_back('}');
  http::Response response{200, http::kJson, std::move(body)};
  response.headers.emplace_back("Cache-Control", "no-store");
  response.headers.emplace_back("Pragma", "no-cache");
  return response;
}

void note_token(audit::Event& event, const IssuedToken& token, const Authorization& authorization) {
  event.token_type = kTokenType;
  event.jti = token.jti;
  event.audience = authorization.audience();
  event.scope = authorization.scope().text();
  if (!authorization.confirmation().x5t_s256.empty()) event.confirmation = "x5t#S256";
  event.expires_at = token.expires_at;
}

}  // namespace

Task<Result<TokenCall>> read_token_call(const http::Request& request, store::ClientDirectory& directory,
                                        audit::Event& event) {
  auto form = http::parse_form(request.body, request.find_header("content-type").value_or(""));
  if (!form) co_return std::move(form).error();
  event.client_id = form->find("client_id");
  auto asked = parse_token_request(*form);
  if (!asked) co_return std::move(asked).error();
  event.grant_type = asked->grant_type;
  TokenCall call;
  call.registration = directory.find_cached(event.client_id);
  if (!call.registration) {
    auto registration = co_await find_registration(request, *form, directory);
    if (!registration) co_return std::move(registration).error();
    call.registration = *std::move(registration);
  }
  call.form = *std::move(form);
  call.asked = *std::move(asked);
  co_return call;
}

Task<Result<http::Response>> grant_token(const TokenCall& call, const http::Request& request,
                                         const AuthContext& context, TokenSigner& signer, audit::Event& event) {
  const auto caller = authenticate_client(call.registration, request, call.form, context, event);
  if (!caller) co_return caller.error();
  const auto grant = find_grant(call.asked.grant_type);
  if (!grant) co_return grant.error();
  const auto authorization = co_await (*grant)->authorize(call.asked, *caller, context.snapshot);
  if (!authorization) co_return authorization.error();
  const auto token = signer.issue(*authorization, context.snapshot, event.time);
  if (!token) co_return token.error();
  note_token(event, *token, *authorization);
  co_return render_token(*token, *authorization, context.snapshot);
}

}  // namespace certbound::oauth
