#include "oauth/client_auth/authenticate.hpp"

#include <string_view>

#include "model/ids.hpp"

namespace certbound::oauth {

namespace {

/// The request carries a credential of another method: RFC 6749 section 2.3 permits one, and a client registered for
/// mutual TLS cannot fall back to another.
Result<void> check_no_other_credential(const http::Request& request, const http::Form& form) {
  std::string_view other;
  for (const std::string_view parameter : {"client_secret", "client_assertion", "client_assertion_type"}) {
    if (form.has(parameter)) other = parameter;
  }
  if (request.find_header("authorization")) other = "Authorization header";
  if (other.empty()) return {};
  const Reason reason = request.connection->peer ? Reason::several_credentials : Reason::method_mismatch;
  return refuse_client(reason, std::string{other} + " is not how this client is registered to authenticate");
}

Result<void> check_certificate(const store::DirectoryClient& entry, const http::Request& request,
                               const http::Form& form, const AuthContext& context) {
  if (auto sole = check_no_other_credential(request, form); !sole) return sole;
  const auto& peer = request.connection->peer;
  if (!peer) return refuse_client(Reason::certificate_missing, "the connection has no client certificate");
  for (const MethodEntry& method : all_methods()) {
    if (method.method == entry.client.token_endpoint_auth_method) return method.check(entry, *peer, context);
  }
  return refuse_client(Reason::method_mismatch, "the client's method is not available");
}

}  // namespace

Task<Result<AuthenticatedClient>> authenticate_client(const http::Request& request, const http::Form& form,
                                                      store::ClientDirectory& directory, const AuthContext& context,
                                                      audit::Event& event) {
  const std::string_view client_id = form.find("client_id");
  event.client_id = client_id;
  event.certificate = request.connection->peer;
  if (client_id.empty()) {
    co_return Error{ErrorCode::invalid_request, Reason::missing_parameter, "client_id is missing", "client_id"};
  }
  std::shared_ptr<const store::DirectoryClient> entry = directory.find_cached(client_id);
  if (!entry) {
    const auto id = model::ClientId::parse(client_id);
    if (!id) co_return refuse_client(Reason::client_unknown, "not a client identifier");
    auto found = co_await directory.find(*id);
    if (!found) co_return std::move(found).error();
    entry = *std::move(found);
  }
  if (!entry) co_return refuse_client(Reason::client_unknown, "no such client");
  event.auth_method = name(entry->client.token_endpoint_auth_method);
  auto checked = check_certificate(*entry, request, form, context);
  if (!checked) co_return std::move(checked).error();
  co_return AuthenticatedClient{std::move(entry), request.connection->peer};
}

}  // namespace certbound::oauth
