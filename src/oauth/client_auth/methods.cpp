#include "oauth/client_auth/method.hpp"

namespace certbound::oauth {

namespace {

using CheckCertificate = Result<void> (*)(const store::DirectoryClient& client, const x509::PresentedChain& presented,
                                          const AuthContext& context);

/// A client that is registered for mutual TLS cannot fall back to another method, and RFC 6749 section 2.3 permits one
/// credential. That there are two is told to whoever is the client, and to nobody else.
Result<Proven> check_by(CheckCertificate check, const store::DirectoryClient& client, const Evidence& evidence,
                        const AuthContext& context) {
  const std::string_view other = evidence.credential.description();
  if (evidence.certificate == nullptr) {
    if (!other.empty()) return refuse_other_method(evidence.credential);
    return refuse_client(Reason::certificate_missing, "the connection has no client certificate");
  }
  if (auto checked = check(client, *evidence.certificate, context); !checked) return std::move(checked).error();
  if (other.empty()) return Proven{};
  return Error{ErrorCode::invalid_request, Reason::several_credentials,
               "the request authenticates its client in more than one way",
               std::string{other} + " beside the certificate"};
}

Result<Proven> check_issued(const store::DirectoryClient& client, const Evidence& evidence,
                            const AuthContext& context) {
  return check_by(&check_tls_client_auth, client, evidence, context);
}

Result<Proven> check_self_signed(const store::DirectoryClient& client, const Evidence& evidence,
                                 const AuthContext& context) {
  return check_by(&check_self_signed_tls_client_auth, client, evidence, context);
}

constexpr MethodEntry kMethods[] = {
    {model::AuthMethod::tls_client_auth, &check_issued},
    {model::AuthMethod::self_signed_tls_client_auth, &check_self_signed},
    {model::AuthMethod::private_key_jwt, &check_private_key_jwt},
    {model::AuthMethod::client_secret_basic, &check_client_secret_basic},
    {model::AuthMethod::client_secret_post, &check_client_secret_post},
};

}  // namespace

std::span<const MethodEntry> all_methods() { return kMethods; }

std::vector<model::AuthMethod> enabled_methods(const Snapshot& snapshot) {
  std::vector<model::AuthMethod> enabled;
  for (const MethodEntry& entry : kMethods) {
    const bool is_off = (is_tls_method(entry.method) && !snapshot.urls.accepts_certificates) ||
                        (is_secret_method(entry.method) && !snapshot.allows_client_secrets);
    if (!is_off) enabled.push_back(entry.method);
  }
  return enabled;
}

Error refuse_other_method(const Credential& credential) {
  return refuse_client(Reason::method_mismatch,
                       std::string{credential.description()} + " is not how this client is registered to authenticate");
}

Error refuse_client(Reason reason, std::string detail, SourceLocation where) {
  return {ErrorCode::invalid_client, reason, "client authentication failed", std::move(detail), where};
}

}  // namespace certbound::oauth
