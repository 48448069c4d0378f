#pragma once

#include <memory>

#include "audit/event.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "http/form.hpp"
#include "http/request.hpp"
#include "oauth/client_auth/method.hpp"
#include "oauth/client_auth/ocsp_source.hpp"
#include "store/client_directory.hpp"

namespace certbound::oauth {

/// A client that proved who it is. Only authenticate_client makes one, so a grant for an unauthenticated caller does
/// not compile.
class AuthenticatedClient {
 public:
  [[nodiscard]] const model::Client& client() const { return entry_->client; }
  /// The one certificate of this request: authenticated with it, and bound to it.
  [[nodiscard]] const std::shared_ptr<const x509::PresentedChain>& certificate() const { return certificate_; }

 private:
  friend Result<AuthenticatedClient> authenticate_client(store::ClientDirectory::Found, const http::Request&,
                                                         const http::Form&, const AuthContext&, audit::Event&);
  AuthenticatedClient(std::shared_ptr<const store::DirectoryClient> entry,
                      std::shared_ptr<const x509::PresentedChain> certificate)
      : entry_{std::move(entry)}, certificate_{std::move(certificate)} {}

  std::shared_ptr<const store::DirectoryClient> entry_;
  std::shared_ptr<const x509::PresentedChain> certificate_;
};

/// The registration of the client that `client_id` names; null where there is none. Suspends only where the directory
/// has to ask the store. Errors: `invalid_request` without client_id, but `invalid_client` where an Authorization
/// header shows another way to authenticate; `temporarily_unavailable` where the store cannot answer.
[[nodiscard]] Task<Result<store::ClientDirectory::Found>> find_registration(const http::Request& request,
                                                                            const http::Form& form,
                                                                            store::ClientDirectory& directory);

/// RFC 8705 section 2: the client by the method that it is registered with; the method is neither guessed nor tried in
/// turn. Notes in `event` what it learns. Errors: `invalid_client`, always with the same text, for whatever does not
/// hold.
[[nodiscard]] Result<AuthenticatedClient> authenticate_client(store::ClientDirectory::Found registration,
                                                              const http::Request& request, const http::Form& form,
                                                              const AuthContext& context, audit::Event& event);

/// Whoever is out of service altogether, not only as it was up to some time, would get tokens that are dead already.
/// Errors: `invalid_client`, client_denied or certificate_denied.
[[nodiscard]] Result<void> check_not_denied(const model::Client& client, const x509::PresentedChain& presented,
                                            const AuthContext& context);

/// Has the questions of `desk` asked and puts what came of it there. Suspends.
[[nodiscard]] Task<void> ask_responders(x509::OcspDesk& desk, OcspSource& source);

}  // namespace certbound::oauth
