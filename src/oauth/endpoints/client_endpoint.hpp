#pragma once

#include <span>
#include <string_view>

#include "audit/event.hpp"
#include "base/error.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "http/form.hpp"
#include "http/request.hpp"
#include "http/response.hpp"
#include "oauth/client_auth/authenticate.hpp"
#include "oauth/deny_list.hpp"
#include "oauth/error_response.hpp"
#include "oauth/issue.hpp"
#include "oauth/proof/dpop.hpp"
#include "oauth/snapshot.hpp"
#include "oauth/token_reader.hpp"
#include "store/client_directory.hpp"
#include "store/denial_recorder.hpp"

namespace certbound::oauth {

/// A client's request, read, and the client that it names.
struct ClientCall {
  ClientCall() = default;
  // A copy's credential would view the other's form; what is moved keeps its place.
  ClientCall(const ClientCall&) = delete;
  ClientCall& operator=(const ClientCall&) = delete;
  ClientCall(ClientCall&&) noexcept = default;
  ClientCall& operator=(ClientCall&&) noexcept = default;
  ~ClientCall() = default;

  http::Form form;
  Credential credential;                       ///< views into `form`
  store::ClientDirectory::Found registration;  ///< null where the client is not registered
};

/// As much of a client's request as needs no snapshot: parses the form, and looks the client up, the only step that may
/// suspend. Fills `event` as far as it gets. Errors: `invalid_request`; as read_credential and find_registration.
[[nodiscard]] Task<Result<ClientCall>> read_client_call(const http::Request& request, store::ClientDirectory& directory,
                                                        audit::Event& event);

/// What an endpoint works with: all of it belongs to one moment, but for the recorder. `now` is that moment, which is
/// later than the event's time where the request had to wait for somebody: tokens that are presented are judged by it.
struct EndpointContext {
  const Snapshot& snapshot;
  const DenyList& denied;
  TokenReader& tokens;
  TokenSigner& signer;
  store::DenialRecorder& denials;
  DpopTools dpop;
  WallTime now;
};

/// Answers a client that proved who it is. Errors: the codes of RFC 6749 section 5.2. Fills `event`, whose time is when
/// the request began: what is issued begins then.
using AnswerClient = Task<Result<http::Response>> (*)(const http::Request& request, const http::Form& form,
                                                      const AuthenticatedClient& caller, const EndpointContext& context,
                                                      audit::Event& event);

/// A URL at which clients authenticate, by the same methods at each (RFC 8705 section 2).
struct ClientEndpoint {
  std::string_view name;  ///< in the audit record; in the metadata with `_endpoint` behind it
  std::string_view path;  ///< behind the issuer's
  Refusal refusal;        ///< how invalid_client is told
  AnswerClient answer;
};

/// Every one of them; discovery publishes exactly these.
[[nodiscard]] std::span<const ClientEndpoint> all_client_endpoints();

/// `POST /oauth2/token` (RFC 6749 section 3.2).
[[nodiscard]] Task<Result<http::Response>> grant_token(const http::Request& request, const http::Form& form,
                                                       const AuthenticatedClient& caller,
                                                       const EndpointContext& context, audit::Event& event);

/// `POST /oauth2/introspect` (RFC 7662; RFC 9701 where the request accepts that). The caller sees the tokens whose
/// audience holds a resource that lists it in `introspection_clients`; of anything else it learns that it is not
/// active.
[[nodiscard]] Task<Result<http::Response>> introspect_token(const http::Request& request, const http::Form& form,
                                                            const AuthenticatedClient& caller,
                                                            const EndpointContext& context, audit::Event& event);

/// `POST /oauth2/revoke` (RFC 7009): takes a token of the caller out of service, on the disk and on every worker before
/// the answer. A token that means nothing here, or nothing any more, is answered with 200; another client's is refused
/// with `unauthorized_client`.
[[nodiscard]] Task<Result<http::Response>> revoke_token(const http::Request& request, const http::Form& form,
                                                        const AuthenticatedClient& caller,
                                                        const EndpointContext& context, audit::Event& event);

/// The parameter `token`. Errors: `invalid_request` where it is missing.
[[nodiscard]] Result<std::string_view> find_token(const http::Form& form);

/// Puts into `event` which token of ours it is about.
void note_claims(audit::Event& event, const Claims& claims);

}  // namespace certbound::oauth
