#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "crypto/digest.hpp"
#include "http/request.hpp"
#include "oauth/replay_store.hpp"
#include "oauth/snapshot.hpp"
#include "proof/dpop_proof.hpp"
#include "proof/nonce.hpp"

namespace certbound::oauth {

/// What judges proofs, of one server.
struct DpopTools {
  DpopTools(ReplayStore& store, const proof::NonceMaker& maker) : replays{store}, nonces{maker} {}

  ReplayStore& replays;
  const proof::NonceMaker& nonces;
};

/// The URL of a request as its client called it, normalized for `htu`: of the listener, by the configuration, and the
/// path; never of a Host header. Nothing where the path is none that a URL has.
[[nodiscard]] std::optional<std::string> called_url(const http::Request& request, const Snapshot& snapshot);

/// The key of the request's DPoP proof (RFC 9449 section 4.3), which counts once and is spent when all else holds; so a
/// proof that comes is judged whether or not anybody needs it (section 5). Nothing where the request has none. Errors:
/// `invalid_dpop_proof`; `use_dpop_nonce` where the configuration demands a nonce of ours; `temporarily_unavailable`
/// where nobody can tell whether it was used.
[[nodiscard]] Task<Result<std::optional<crypto::Sha256>>> take_dpop_proof(const http::Request& request,
                                                                          const Snapshot& snapshot, DpopTools tools,
                                                                          WallTime now);

/// A proof that holds, and what has to be spent before it counts.
struct JudgedProof {
  proof::DpopProof proof;
  SingleUse use;
};

/// One proof for a request by POST to `url`, which is normalized. Says nothing of its nonce. Errors:
/// `invalid_dpop_proof`. A plain function on values.
[[nodiscard]] Result<JudgedProof> judge_proof(std::string_view text, std::string_view url, Profile profile,
                                              WallTime now);

/// take_dpop_proof() but for what is spent.
[[nodiscard]] Result<std::optional<JudgedProof>> check_dpop(const http::Request& request, const Snapshot& snapshot,
                                                            const proof::NonceMaker& nonces, WallTime now);

}  // namespace certbound::oauth
