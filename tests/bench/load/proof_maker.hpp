#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "jose/jws_sign.hpp"
#include "options.hpp"

namespace certbound::load {

/// Makes the client assertions (RFC 7523 section 3) and DPoP proofs (RFC 9449 section 4.2) of one thread: ES256, of
/// now, with another `jti` each, good for a minute. What they cost is the generator's own CPU time. Not thread safe.
class ProofMaker {
 public:
  /// Only what `options` has keys for can be made. Errors: `invalid_request`: a key cannot be read, or is not on P-256.
  [[nodiscard]] static Result<std::unique_ptr<ProofMaker>> make(const Options& options);

  /// For the client to the audience of the options. Empty where it cannot be signed: the server will refuse it.
  [[nodiscard]] std::string make_assertion(std::string_view client_id);
  /// For a request by the method and to the URL of the options. Empty as well.
  [[nodiscard]] std::string make_proof();

  /// RFC 7638 thumbprint of the DPoP key; empty without one.
  [[nodiscard]] const std::string& jkt() const { return jkt_; }

 private:
  ProofMaker() = default;
  Result<void> take_assertion_key(const Options& options);
  Result<void> take_dpop_key(const Options& options);

  std::optional<jose::Signer> assertion_signer_;
  std::optional<jose::Signer> proof_signer_;
  std::string audience_;      // as JSON
  std::string proof_header_;  // with the public key
  std::string proof_target_;  // `htm` and `htu`, as members
  std::string jkt_;
};

}  // namespace certbound::load
