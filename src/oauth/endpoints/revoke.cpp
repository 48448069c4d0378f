#include <memory>

#include "oauth/active.hpp"
#include "oauth/endpoints/client_endpoint.hpp"

namespace certbound::oauth {

namespace {

/// RFC 7009 section 2.2: the body is of no meaning.
http::Response done() {
  http::Response response;
  response.headers.emplace_back("Cache-Control", "no-store");
  response.headers.emplace_back("Pragma", "no-cache");
  return response;
}

model::Denial deny_token(const Claims& claims, WallTime now) {
  model::Denial denial;
  denial.kind = model::DenialKind::jti;
  denial.subject = claims.jti;
  denial.reason = "revoked by client " + claims.client_id;
  denial.created_at = now;
  denial.until = claims.expires_at + model::kVerifierSlack;
  denial.origin = model::DenialOrigin::by_client;
  denial.revoked_by = claims.client_id;
  return denial;
}

}  // namespace

// token_type_hint is not looked at: there is one kind of token, and a hint that is wrong or unknown must do no harm
// (RFC 7009 section 2.1).
Task<Result<http::Response>> revoke_token(const http::Request& /*request*/, const http::Form& form,
                                          const AuthenticatedClient& caller, const EndpointContext& context,
                                          audit::Event& event) {
  const auto token = find_token(form);
  if (!token) co_return token.error();
  const auto opened = context.tokens.open(*token);
  event.token_state = "unknown";
  if (!opened) co_return done();
  const std::shared_ptr<const Claims>& claims = *opened;
  note_claims(event, *claims);
  const TokenState state = judge_token(*claims, context.denied, context.now);
  event.token_state = name(state);
  if (state == TokenState::expired) co_return done();
  const bool is_own = claims->client_id == caller.client().client_id.text();
  // Whose it was does not matter any more where it is over: a wrong token is no error (RFC 7009 section 2.2).
  if (!is_own && state == TokenState::denied) co_return done();
  if (!is_own) {
    event.token_state = "not_for_caller";
    co_return Error{ErrorCode::unauthorized_client, Reason::token_not_owned, "the token was issued to another client",
                    "issued to " + claims->client_id};
  }
  // Also where it is denied already: what denies it now may end, or be taken back, before the token does.
  auto denial = deny_token(*claims, context.now);
  const auto denied = co_await context.denials.add(std::move(denial));
  if (!denied) co_return denied.error();
  if (state != TokenState::denied) event.token_state = "revoked";
  event.denial = denied->id;
  co_return done();
}

}  // namespace certbound::oauth
