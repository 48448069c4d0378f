#include "oauth/proof/certificate_binding.hpp"

namespace certbound::oauth {

Result<Confirmation> bind_certificate(const model::Client& client, const x509::PresentedChain* presented) {
  Confirmation confirmation;
  if (client.certificate_binding == model::BindingRule::never) return confirmation;
  if (presented == nullptr) {
    return Error{ErrorCode::invalid_client, Reason::certificate_missing, "client authentication failed",
                 "the client is registered for certificate-bound tokens"};
  }
  confirmation.x5t_s256 = presented->x5t_s256;
  return confirmation;
}

}  // namespace certbound::oauth
