#include "oauth/client_auth/method.hpp"

namespace certbound::oauth {

namespace {

constexpr MethodEntry kMethods[] = {
    {model::AuthMethod::tls_client_auth, &check_tls_client_auth},
    {model::AuthMethod::self_signed_tls_client_auth, &check_self_signed_tls_client_auth},
};

}  // namespace

std::span<const MethodEntry> all_methods() { return kMethods; }

Error refuse_client(Reason reason, std::string detail, SourceLocation where) {
  return {ErrorCode::invalid_client, reason, "client authentication failed", std::move(detail), where};
}

}  // namespace certbound::oauth
