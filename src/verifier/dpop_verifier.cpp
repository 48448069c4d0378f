#include "verifier/dpop_verifier.hpp"

#include <stdexcept>
#include <utility>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "jose/algorithm.hpp"

namespace certbound::verifier {

namespace {

constexpr std::chrono::minutes kMaximumLifetime{5};
constexpr std::chrono::minutes kMaximumAhead{1};
/// Nonces of the token endpoint are none here, and the other way round.
constexpr std::string_view kNoncePurpose = "certbound resource DPoP nonce";

[[noreturn]] void refuse_dpop_option(const std::string& problem) {
  throw std::invalid_argument{"VerifierOptions::dpop." + problem};
}

DpopOptions checked_dpop(DpopOptions options) {
  using std::chrono::seconds;
  if (options.algorithms.empty()) refuse_dpop_option("algorithms: empty");
  for (const std::string& algorithm : options.algorithms) {
    if (jose::find_algorithm(algorithm) == nullptr)
      refuse_dpop_option("algorithms: " + quote_short(algorithm) + " is none that is known");
  }
  if (options.lifetime < seconds{1} || options.lifetime > kMaximumLifetime) {
    refuse_dpop_option("lifetime: not 1 to 300 s");
  }
  if (options.ahead < seconds{0} || options.ahead > kMaximumAhead) refuse_dpop_option("ahead: not 0 to 60 s");
  if (options.remembered_proofs == 0 && !options.remember) {
    refuse_dpop_option("remembered_proofs: 0, and there is no remember");
  }
  if (options.nonce_lifetime < seconds{1}) refuse_dpop_option("nonce_lifetime: less than 1 s");
  return options;
}

/// What is not used takes no room.
std::size_t room_for_proofs(const DpopOptions& options) {
  return options.is_accepted && !options.remember ? options.remembered_proofs : 1;
}

RefusalReason reason_of(proof::DpopStep step, const Error& error) {
  if (error.code == ErrorCode::server_error) return RefusalReason::internal;
  switch (step) {
    case proof::DpopStep::take_apart:
      return RefusalReason::proof_malformed;
    case proof::DpopStep::type:
    case proof::DpopStep::algorithm:
    case proof::DpopStep::key:
      return RefusalReason::proof_header_refused;
    case proof::DpopStep::signature:
      return RefusalReason::proof_signature_wrong;
    case proof::DpopStep::method:
    case proof::DpopStep::url:
      return RefusalReason::proof_request_mismatch;
    case proof::DpopStep::expired:
      return RefusalReason::proof_expired;
    case proof::DpopStep::not_yet_valid:
      return RefusalReason::proof_not_yet_valid;
    case proof::DpopStep::access_token:
      return RefusalReason::proof_token_mismatch;
  }
  return RefusalReason::internal;
}

std::optional<Fault> check_one_field(const PresentedRequest& request) {
  if (request.dpop.empty()) return Fault{RefusalReason::proof_missing, "no DPoP field"};
  if (request.dpop.size() == 1) return std::nullopt;
  return Fault{RefusalReason::proof_repeated, std::to_string(request.dpop.size()) + " DPoP fields"};
}

}  // namespace

ProofUse to_use(proof::Novelty novelty) {
  switch (novelty) {
    case proof::Novelty::first:
      return ProofUse::first;
    case proof::Novelty::replay:
      return ProofUse::replay;
    case proof::Novelty::full:
      break;
  }
  return ProofUse::unknown;
}

DpopVerifier::DpopVerifier(DpopOptions options)
    : options_{checked_dpop(std::move(options))},
      algorithms_{options_.algorithms.begin(), options_.algorithms.end()},
      used_{room_for_proofs(options_)} {
  if (options_.is_accepted) listed_ = join(options_.algorithms, " ");
  if (!options_.is_nonce_required) return;
  auto nonces = proof::NonceMaker::make(kNoncePurpose, options_.nonce_lifetime);
  if (!nonces) throw std::runtime_error{nonces.error().detail};
  nonces_ = *std::move(nonces);
}

std::optional<Fault> DpopVerifier::check(const PresentedRequest& request, std::string_view token,
                                         const crypto::Sha256& jkt, std::chrono::sys_seconds now) const {
  if (auto fault = check_one_field(request)) return fault;
  const auto url = proof::normalize_htu(request.url);
  if (!url) return Fault{RefusalReason::proof_request_mismatch, "no URL is known that the proof could be for"};
  proof::DpopStep step{};
  const auto proof = proof::verify_dpop_proof(trim(request.dpop.front()), algorithms_, step);
  if (!proof) return Fault{reason_of(step, proof.error()), proof.error().detail};
  if (proof->key != jkt) {
    return Fault{RefusalReason::proof_key_mismatch, "the token is bound to the key " + jkt.to_base64url() +
                                                        ", the proof is of " + proof->key.to_base64url()};
  }
  const proof::DpopExpectation expected{request.method, *url, options_.lifetime, options_.ahead, now, token};
  if (const auto held = proof::check_dpop_proof(*proof, expected, step); !held) {
    return Fault{reason_of(step, held.error()), held.error().detail};
  }
  if (proof->issued_at < options_.made_since) {
    return Fault{RefusalReason::proof_before_start, "iat: " + to_rfc3339(proof->issued_at) +
                                                        ", proofs are known since " + to_rfc3339(options_.made_since)};
  }
  if (auto fault = check_nonce(*proof, now)) return fault;
  return use(*proof, *url, now);
}

std::optional<Fault> DpopVerifier::check_nonce(const proof::DpopProof& proof, std::chrono::sys_seconds now) const {
  if (!nonces_ || (proof.nonce && nonces_->accepts(*proof.nonce, now))) return std::nullopt;
  auto fresh = nonces_->issue(now);
  if (!fresh) return Fault{RefusalReason::internal, fresh.error().detail};
  if (!proof.nonce) return Fault{RefusalReason::proof_nonce_missing, "the proof has no nonce", *std::move(fresh)};
  return Fault{RefusalReason::proof_nonce_wrong, "the nonce is too old or none of this verifier", *std::move(fresh)};
}

std::optional<Fault> DpopVerifier::use(const proof::DpopProof& proof, std::string_view url,
                                       std::chrono::sys_seconds now) const {
  const crypto::Sha256 key = proof::replay_key(proof, url);
  const auto until = proof.issued_at + options_.lifetime;
  const auto use = options_.remember ? options_.remember(key.octets, until) : to_use(used_.use(key, until, now));
  switch (use) {
    case ProofUse::first:
      return std::nullopt;
    case ProofUse::replay:
      return Fault{RefusalReason::proof_replayed, "the proof was used before"};
    case ProofUse::unknown:
      break;
  }
  return Fault{RefusalReason::proofs_unavailable, "nobody can tell whether the proof was used before"};
}

}  // namespace certbound::verifier
