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
  /// The one certificate of this request: authenticated with it, where that is the client's method, and bound to it;
  /// null where the connection has none.
  [[nodiscard]] const std::shared_ptr<const x509::PresentedChain>& certificate() const { return certificate_; }

 private:
  friend Task<Result<AuthenticatedClient>> authenticate_client(store::ClientDirectory::Found, const http::Request&,
                                                               const Credential&, const AuthContext&, ReplayStore&,
                                                               audit::Event&);
  AuthenticatedClient(std::shared_ptr<const store::DirectoryClient> entry,
                      std::shared_ptr<const x509::PresentedChain> certificate)
      : entry_{std::move(entry)}, certificate_{std::move(certificate)} {}

  std::shared_ptr<const store::DirectoryClient> entry_;
  std::shared_ptr<const x509::PresentedChain> certificate_;
};

/// The registration of the client that the credential names; null where there is none. Suspends only where the
/// directory has to ask the store. Errors: `invalid_request` where it names none, but `invalid_client` where it
/// is one all the same; `temporarily_unavailable` where the store cannot answer.
[[nodiscard]] Task<Result<store::ClientDirectory::Found>> find_registration(const Credential& credential,
                                                                            store::ClientDirectory& directory);

/// RFC 8705 section 2: the client by the method that it is registered with; the method is neither guessed nor tried in
/// turn. What counts once is spent last, when all else holds; suspends only for that. Notes in `event` what it learns.
/// Where `context.ocsp` has questions afterwards, nothing was spent, and all has to be repeated with the answers.
/// Errors: `invalid_client`, always with the same text, for whatever does not hold; `invalid_request` as CheckEvidence;
/// `temporarily_unavailable` where nobody can tell whether an assertion was used.
[[nodiscard]] Task<Result<AuthenticatedClient>> authenticate_client(store::ClientDirectory::Found registration,
                                                                    const http::Request& request,
                                                                    const Credential& credential,
                                                                    const AuthContext& context, ReplayStore& replays,
                                                                    audit::Event& event);

/// All of that but for what is spent. Errors: `invalid_client`, `invalid_request`.
[[nodiscard]] Result<Proven> check_client(const store::DirectoryClient& client, const Evidence& evidence,
                                          const AuthContext& context);

/// Has the questions of `desk` asked and puts what came of it there. Suspends.
[[nodiscard]] Task<void> ask_responders(x509::OcspDesk& desk, OcspSource& source);

}  // namespace certbound::oauth
