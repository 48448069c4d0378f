#include "oauth/proof/binding.hpp"

namespace certbound::oauth {

namespace {

using model::BindingRule;

Result<void> bind_certificate(const model::Client& client, const ProvenKeys& proven, Confirmation& confirmation) {
  if (client.certificate_binding == BindingRule::never) return {};
  if (proven.certificate != nullptr) {
    confirmation.x5t_s256 = proven.certificate->x5t_s256;
    return {};
  }
  if (client.certificate_binding == BindingRule::when_presented) return {};
  return Error{ErrorCode::invalid_request, Reason::certificate_missing,
               "the client is registered for certificate-bound tokens and the connection has no client certificate",
               "no certificate to bind to"};
}

Result<void> bind_dpop_key(const model::Client& client, const ProvenKeys& proven, Confirmation& confirmation) {
  if (!proven.dpop) {
    if (client.dpop_binding != BindingRule::required) return {};
    return Error{ErrorCode::invalid_request, Reason::dpop_proof_missing,
                 "the client is registered for DPoP-bound tokens and the request has no DPoP proof", "no DPoP header"};
  }
  // Not passed over in silence: who sends a proof counts on it.
  if (client.dpop_binding == BindingRule::never) {
    return Error{ErrorCode::invalid_request, Reason::dpop_not_wanted,
                 "the client is registered for tokens without DPoP; send no DPoP proof", "sender_constraint: mtls"};
  }
  confirmation.jkt = proven.dpop->to_base64url();
  return {};
}

}  // namespace

Result<Confirmation> bind(const model::Client& client, const ProvenKeys& proven) {
  Confirmation confirmation;
  if (auto bound = bind_certificate(client, proven, confirmation); !bound) return std::move(bound).error();
  if (auto bound = bind_dpop_key(client, proven, confirmation); !bound) return std::move(bound).error();
  return confirmation;
}

}  // namespace certbound::oauth
