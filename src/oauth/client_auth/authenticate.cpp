#include "oauth/client_auth/authenticate.hpp"

#include <string>
#include <utility>

#include "model/ids.hpp"

namespace certbound::oauth {

namespace {

/// Whoever is out of service altogether, not only as it was up to some time, would get tokens that are dead already.
/// A certificate that is neither proof nor bound to is nobody's.
Result<void> check_not_denied(const model::Client& client, const x509::PresentedChain* presented,
                              const AuthContext& context) {
  if (context.denied == nullptr) return {};
  if (context.denied->denies_client(client.client_id.text(), context.now)) {
    return refuse_client(Reason::client_denied, "the client is on the deny list");
  }
  const bool counts = presented != nullptr && (is_tls_method(client.token_endpoint_auth_method) ||
                                               client.certificate_binding != model::BindingRule::never);
  if (counts && context.denied->denies_certificate(presented->x5t_s256, context.now)) {
    return refuse_client(Reason::certificate_denied, "the certificate is on the deny list");
  }
  return {};
}

Result<void> judge_spent(Spent spent) {
  switch (spent) {
    case Spent::first:
      return {};
    case Spent::replay:
      return refuse_client(Reason::assertion_replayed, "the assertion was used before");
    case Spent::before_start:
      return refuse_client(Reason::assertion_before_start, "the assertion was made before the server started");
    case Spent::unknown:
    case Spent::full:
      break;
  }
  return refuse_untold(spent);
}

}  // namespace

Result<Proven> check_client(const store::DirectoryClient& client, const Evidence& evidence,
                            const AuthContext& context) {
  for (const MethodEntry& method : all_methods()) {
    if (method.method != client.client.token_endpoint_auth_method) continue;
    auto proven = method.check(client, evidence, context);
    if (!proven) return proven;
    if (auto free = check_not_denied(client.client, evidence.certificate, context); !free) {
      return std::move(free).error();
    }
    return proven;
  }
  return refuse_client(Reason::method_mismatch, "the client's method is not available");
}

Task<Result<store::ClientDirectory::Found>> find_registration(const Credential& credential,
                                                              store::ClientDirectory& directory) {
  if (credential.client_id.empty()) {
    // RFC 6749 section 5.2: whoever tried to authenticate by the header is answered with a challenge.
    if (credential.kind != Credential::Kind::none) {
      co_return refuse_client(Reason::method_mismatch, std::string{credential.description()} + " that names no client");
    }
    co_return Error{ErrorCode::invalid_request, Reason::missing_parameter, "client_id is missing", "client_id"};
  }
  const auto id = model::ClientId::parse(credential.client_id);
  if (!id) co_return refuse_client(Reason::client_unknown, "not a client identifier");
  co_return co_await directory.find(*id);
}

Task<Result<AuthenticatedClient>> authenticate_client(store::ClientDirectory::Found registration,
                                                      const http::Request& request, const Credential& credential,
                                                      const AuthContext& context, ReplayStore& replays,
                                                      audit::Event& event) {
  if (!registration) co_return refuse_client(Reason::client_unknown, "no such client");
  event.auth_method = name(registration->client.token_endpoint_auth_method);
  const Evidence evidence{request.connection->peer.get(), credential};
  const auto proven = check_client(*registration, evidence, context);
  if (!proven) co_return proven.error();
  if (proven->single_use && context.ocsp.questions.empty()) {
    const Spent spent = co_await replays.spend(*proven->single_use, context.present);
    if (auto judged = judge_spent(spent); !judged) co_return std::move(judged).error();
  }
  co_return AuthenticatedClient{std::move(registration), request.connection->peer};
}

Task<void> ask_responders(x509::OcspDesk& desk, OcspSource& source) {
  const std::vector<x509::OcspOutcome> outcomes = co_await source.ask(desk.options, desk.questions);
  for (std::size_t i = 0; i < outcomes.size() && i < desk.questions.size(); ++i) {
    desk.answers.put(x509::ocsp_key(desk.questions[i], desk.options), outcomes[i]);
  }
}

}  // namespace certbound::oauth
