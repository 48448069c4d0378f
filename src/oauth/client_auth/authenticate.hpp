#pragma once

#include <memory>

#include "audit/event.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "http/form.hpp"
#include "http/request.hpp"
#include "oauth/client_auth/method.hpp"
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
  friend Task<Result<AuthenticatedClient>> authenticate_client(const http::Request&, const http::Form&,
                                                               store::ClientDirectory&, const AuthContext&,
                                                               audit::Event&);
  AuthenticatedClient(std::shared_ptr<const store::DirectoryClient> entry,
                      std::shared_ptr<const x509::PresentedChain> certificate)
      : entry_{std::move(entry)}, certificate_{std::move(certificate)} {}

  std::shared_ptr<const store::DirectoryClient> entry_;
  std::shared_ptr<const x509::PresentedChain> certificate_;
};

/// RFC 8705 section 2: the client named by `client_id` by the method that it is registered with; the method is neither
/// guessed nor tried in turn. Suspends only where the directory has to ask the store. Notes in `event` what it learns.
/// Errors: `invalid_request` without client_id; `invalid_client`, always with the same text, for whatever does not
/// hold; `temporarily_unavailable` where the store cannot answer.
[[nodiscard]] Task<Result<AuthenticatedClient>> authenticate_client(const http::Request& request,
                                                                    const http::Form& form,
                                                                    store::ClientDirectory& directory,
                                                                    const AuthContext& context, audit::Event& event);

}  // namespace certbound::oauth
