#include "oauth/proof/dpop.hpp"

#include <utility>

#include "oauth/client_algorithms.hpp"

namespace certbound::oauth {

namespace {

Reason reason_of_proof(proof::DpopStep step) {
  switch (step) {
    case proof::DpopStep::take_apart:
      return Reason::dpop_proof_malformed;
    case proof::DpopStep::type:
      return Reason::dpop_type_wrong;
    case proof::DpopStep::algorithm:
      return Reason::dpop_algorithm_refused;
    case proof::DpopStep::key:
      return Reason::dpop_key_unusable;
    case proof::DpopStep::signature:
      return Reason::dpop_signature_wrong;
    case proof::DpopStep::method:
      return Reason::dpop_method_wrong;
    case proof::DpopStep::url:
      return Reason::dpop_url_wrong;
    case proof::DpopStep::expired:
      return Reason::dpop_proof_expired;
    case proof::DpopStep::not_yet_valid:
      return Reason::dpop_proof_not_yet_valid;
    case proof::DpopStep::access_token:
      break;  // no token goes with a token request
  }
  return Reason::dpop_proof_malformed;
}

Error refuse_proof(Reason reason, std::string detail) {
  return {ErrorCode::invalid_dpop_proof, reason, "the DPoP proof is not valid", std::move(detail)};
}

/// Of a step that refused.
Error refuse_step(proof::DpopStep step, Error error) {
  if (error.code == ErrorCode::server_error) return error;
  return refuse_proof(reason_of_proof(step), std::move(error.detail));
}

/// RFC 9449 section 4.3, point 1.
Result<std::optional<std::string_view>> find_proof(const http::Request& request) {
  std::optional<std::string_view> found;
  for (const http::Header& header : request.headers) {
    if (header.name != "dpop") continue;
    if (found || header.value.find(',') != std::string::npos) {
      return refuse_proof(Reason::dpop_proof_repeated, "more than one DPoP proof");
    }
    found = header.value;
  }
  return found;
}

Result<void> check_nonce(const proof::DpopProof& proof, const proof::NonceMaker& nonces, WallTime now) {
  if (proof.nonce && nonces.accepts(*proof.nonce, now)) return {};
  return Error{ErrorCode::use_dpop_nonce, proof.nonce ? Reason::dpop_nonce_wrong : Reason::dpop_nonce_missing,
               "the DPoP proof needs the nonce of the DPoP-Nonce header", "nonce"};
}

Result<void> judge_spent_proof(Spent spent) {
  switch (spent) {
    case Spent::first:
      return {};
    case Spent::replay:
      return refuse_proof(Reason::dpop_proof_replayed, "the proof was used before");
    case Spent::before_start:
      return refuse_proof(Reason::dpop_proof_before_start, "the proof was made before the server started");
    case Spent::unknown:
    case Spent::full:
      break;
  }
  return refuse_untold(spent);
}

}  // namespace

std::optional<std::string> called_url(const http::Request& request, const Snapshot& snapshot) {
  const std::vector<std::string>& origins = snapshot.urls.listener_origins;
  const std::size_t listener = request.connection->listener;
  if (listener >= origins.size()) return std::nullopt;
  return proof::normalize_htu(origins[listener] + request.path);
}

Result<JudgedProof> judge_proof(std::string_view text, std::string_view url, Profile profile, WallTime now) {
  proof::DpopStep step{};
  auto verified = proof::verify_dpop_proof(text, client_algorithms(profile), step);
  if (!verified) return refuse_step(step, std::move(verified).error());
  proof::DpopExpectation expectation;
  expectation.method = "POST";  // clients call us by no other method
  expectation.url = url;
  expectation.now = now;
  if (auto held = proof::check_dpop_proof(*verified, expectation, step); !held) {
    return refuse_step(step, std::move(held).error());
  }
  JudgedProof judged;
  judged.use.key = proof::replay_key(*verified, url);
  judged.use.issued_at = verified->issued_at;
  judged.use.until = verified->issued_at + expectation.lifetime;
  judged.proof = *std::move(verified);
  return judged;
}

Result<std::optional<JudgedProof>> check_dpop(const http::Request& request, const Snapshot& snapshot,
                                              const proof::NonceMaker& nonces, WallTime now) {
  const auto text = find_proof(request);
  if (!text) return text.error();
  if (!*text) return std::optional<JudgedProof>{};
  const auto url = called_url(request, snapshot);
  if (!url) return refuse_proof(Reason::dpop_url_wrong, "the URL of the request is not known");
  auto judged = judge_proof(**text, *url, snapshot.profile, now);
  if (!judged) return std::move(judged).error();
  if (snapshot.dpop.nonce == DpopOptions::Nonce::on) {
    if (auto fresh = check_nonce(judged->proof, nonces, now); !fresh) return std::move(fresh).error();
  }
  return std::optional{*std::move(judged)};
}

Task<Result<std::optional<crypto::Sha256>>> take_dpop_proof(const http::Request& request, const Snapshot& snapshot,
                                                            DpopTools tools, WallTime now) {
  const auto judged = check_dpop(request, snapshot, tools.nonces, now);
  if (!judged) co_return judged.error();
  if (!*judged) co_return std::optional<crypto::Sha256>{};
  const Spent spent = co_await tools.replays.spend((*judged)->use, now);
  if (auto first = judge_spent_proof(spent); !first) co_return std::move(first).error();
  co_return std::optional{(*judged)->proof.key};
}

}  // namespace certbound::oauth
