#include "oauth/endpoints/client_endpoint.hpp"

namespace certbound::oauth {

namespace {

constexpr ClientEndpoint kEndpoints[] = {
    {"token", "/oauth2/token", Refusal::bad_request, &grant_token},
    // RFC 7662 section 2.3.
    {"introspection", "/oauth2/introspect", Refusal::unauthorized, &introspect_token},
    {"revocation", "/oauth2/revoke", Refusal::bad_request, &revoke_token},
};

}  // namespace

std::span<const ClientEndpoint> all_client_endpoints() { return kEndpoints; }

Task<Result<ClientCall>> read_client_call(const http::Request& request, store::ClientDirectory& directory,
                                          audit::Event& event) {
  auto form = http::parse_form(request.body, request.find_header("content-type").value_or(""));
  if (!form) co_return std::move(form).error();
  event.client_id = form->find("client_id");
  event.grant_type = form->find("grant_type");
  ClientCall call;
  call.form = *std::move(form);  // before the credential, which views it
  auto credential = read_credential(request, call.form);
  if (!credential) co_return std::move(credential).error();
  call.credential = *std::move(credential);
  event.client_id = call.credential.client_id;
  call.registration = directory.find_cached(event.client_id);
  if (!call.registration) {
    auto registration = co_await find_registration(call.credential, directory);
    if (!registration) co_return std::move(registration).error();
    call.registration = *std::move(registration);
  }
  co_return call;
}

Result<std::string_view> find_token(const http::Form& form) {
  const std::string_view token = form.find("token");
  if (token.empty()) {
    return Error{ErrorCode::invalid_request, Reason::missing_parameter, "token is missing", "token"};
  }
  return token;
}

void note_claims(audit::Event& event, const Claims& claims) {
  event.jti = claims.jti;
  event.token_client_id = claims.client_id;
}

}  // namespace certbound::oauth
