#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "certbound/presented_request.hpp"
#include "crypto/digest.hpp"
#include "proof/dpop_proof.hpp"
#include "proof/nonce.hpp"
#include "proof/replay_memory.hpp"
#include "verifier/refusal.hpp"

namespace certbound::verifier {

/// What the memory says, as a verifier has it.
[[nodiscard]] ProofUse to_use(proof::Novelty novelty);

/// Judges the DPoP proofs of requests to a resource (RFC 9449 sections 4.3, 7 and 9), with a memory of those that were
/// used. Thread safe.
class DpopVerifier {
 public:
  /// Throws std::invalid_argument, which names the option, where one cannot be used; std::runtime_error where nonces
  /// are required and there is no entropy.
  explicit DpopVerifier(DpopOptions options);

  [[nodiscard]] bool is_accepted() const { return options_.is_accepted; }

  /// For challenges: `ES256 PS256`; empty where no proof is accepted.
  [[nodiscard]] const std::string& algorithms() const { return listed_; }

  /// Has whoever sent the request, with this token, the key with that thumbprint? Nothing where a proof of it was used
  /// up. It is used up by this call, so everything else about the token and its binding has to be right before.
  [[nodiscard]] std::optional<Fault> check(const PresentedRequest& request, std::string_view token,
                                           const crypto::Sha256& jkt, std::chrono::sys_seconds now) const;

 private:
  [[nodiscard]] std::optional<Fault> check_nonce(const proof::DpopProof& proof, std::chrono::sys_seconds now) const;
  [[nodiscard]] std::optional<Fault> use(const proof::DpopProof& proof, std::string_view url,
                                         std::chrono::sys_seconds now) const;

  DpopOptions options_;
  std::vector<std::string_view> algorithms_;  // of options_
  std::string listed_;
  std::optional<proof::NonceMaker> nonces_;
  mutable proof::ReplayMemory used_;
};

}  // namespace certbound::verifier
