#pragma once

#include "audit/event.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "http/request.hpp"
#include "http/response.hpp"
#include "oauth/issue.hpp"
#include "oauth/snapshot.hpp"
#include "store/client_directory.hpp"
#include "x509/verification_memory.hpp"

namespace certbound::oauth {

/// What one worker keeps between requests.
struct WorkerState {
  explicit WorkerState(store::ClientDirectory& client_directory) : directory{client_directory} {}

  store::ClientDirectory& directory;
  x509::VerificationMemory memory;
};

/// `POST /oauth2/token` up to the answer: parse, authenticate, authorize, issue. Fills `event` as far as it gets.
/// Errors: the codes of RFC 6749 section 5.2.
[[nodiscard]] Task<Result<http::Response>> grant_token(const http::Request& request, const Snapshot& snapshot,
                                                       TokenSigner& signer, WorkerState& worker, audit::Event& event);

}  // namespace certbound::oauth
