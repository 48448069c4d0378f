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

Result<void> check_not_denied(const model::Client& client, const x509::PresentedChain& presented,
                              const AuthContext& context) {
  if (context.denied == nullptr) return {};
  if (context.denied->denies_client(client.client_id.text(), context.now)) {
    return refuse_client(Reason::client_denied, "the client is on the deny list");
  }
  if (context.denied->denies_certificate(presented.x5t_s256, context.now)) {
    return refuse_client(Reason::certificate_denied, "the certificate is on the deny list");
  }
  return {};
}

Task<Result<store::ClientDirectory::Found>> find_registration(const http::Request& request, const http::Form& form,
                                                              store::ClientDirectory& directory) {
  const std::string_view client_id = form.find("client_id");
  if (client_id.empty()) {
    // RFC 6749 section 5.2: whoever tried to authenticate by the header is answered with a challenge.
    if (request.find_header("authorization")) {
      co_return refuse_client(Reason::method_mismatch,
                              "an Authorization header is not how a client authenticates here");
    }
    co_return Error{ErrorCode::invalid_request, Reason::missing_parameter, "client_id is missing", "client_id"};
  }
  const auto id = model::ClientId::parse(client_id);
  if (!id) co_return refuse_client(Reason::client_unknown, "not a client identifier");
  co_return co_await directory.find(*id);
}

Result<AuthenticatedClient> authenticate_client(store::ClientDirectory::Found registration,
                                                const http::Request& request, const http::Form& form,
                                                const AuthContext& context, audit::Event& event) {
  if (!registration) return refuse_client(Reason::client_unknown, "no such client");
  event.auth_method = name(registration->client.token_endpoint_auth_method);
  if (auto checked = check_certificate(*registration, request, form, context); !checked) {
    return std::move(checked).error();
  }
  if (auto free = check_not_denied(registration->client, *request.connection->peer, context); !free) {
    return std::move(free).error();
  }
  return AuthenticatedClient{std::move(registration), request.connection->peer};
}

Task<void> ask_responders(x509::OcspDesk& desk, OcspSource& source) {
  const std::vector<x509::OcspOutcome> outcomes = co_await source.ask(desk.options, desk.questions);
  for (std::size_t i = 0; i < outcomes.size() && i < desk.questions.size(); ++i) {
    desk.answers.put(x509::ocsp_key(desk.questions[i], desk.options), outcomes[i]);
  }
}

}  // namespace certbound::oauth
