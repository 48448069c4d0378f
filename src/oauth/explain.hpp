#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/reason.hpp"
#include "model/denial.hpp"
#include "oauth/client_auth/credential.hpp"
#include "oauth/key_set.hpp"
#include "oauth/snapshot.hpp"
#include "store/client_directory.hpp"
#include "x509/ocsp_cache.hpp"
#include "x509/presented.hpp"

namespace certbound::oauth {

enum class StepOutcome : std::uint8_t { passed, failed, not_reached };

/// `passed`, `failed`, `not_reached`.
[[nodiscard]] std::string_view name(StepOutcome outcome);

/// One step of authenticating a client, with both sides where two things were compared.
struct Step {
  Step() = default;

  std::string name;  ///< snake_case, stable: `client`, `method`; `key`; then, by the method, `chain`, `validity`,
                     ///< `revocation`, `subject`, or `certificate`, `validity`, or `signature`, `claims`, `audience`,
                     ///< `dates`, or `secret`; `denial`; `dpop`; `binding`
  StepOutcome outcome = StepOutcome::not_reached;
  Reason reason = Reason::none;  ///< why it failed; none where it did not
  std::string expected;
  std::string presented;
  std::string detail;  ///< what it means, what to do
};

/// What a client sends with its request.
struct ExplainedRequest {
  const x509::PresentedChain* certificate = nullptr;  ///< whose key the handshake would prove
  Credential credential;                              ///< everything else that authenticates
  std::optional<std::string> dpop;                    ///< the proof of its DPoP header
  std::string url;                                    ///< that it calls: `htu` of the proof
};

/// What would happen to a request of a client.
struct Explanation {
  Explanation() = default;

  std::vector<Step> steps;       ///< in the server's order; after the first failed one the rest are not reached
  Reason reason = Reason::none;  ///< the verdict of the function that the server uses, and of the failed step
  std::string detail;

  [[nodiscard]] bool is_accepted() const { return reason == Reason::none; }
};

/// What is known of the client's jwks_uri.
struct FetchedKeys {
  const KeySet* keys = nullptr;  ///< null where it has none, or nothing was fetched
  std::string source;            ///< the URL, and when it was fetched: for people
};

/// Those of `denials` that are in force at `now` and name the client or one of these certificates (`x5t#S256`), in
/// their order. Denials of one token or of everybody's older ones are not about them.
[[nodiscard]] std::vector<model::Denial> find_denials_of(std::span<const model::Denial> denials,
                                                         std::string_view client_id,
                                                         std::span<const std::string> certificates, WallTime now);

/// Walks through what the token endpoint does, then asks the very functions that it asks. The handshake, which proves
/// the certificate's key, is taken as done; whether an assertion or a proof was used before, and whether its nonce is
/// good, only the running server knows. `denials` are those of the deny list, at least those that name client or
/// certificate. Where `desk` has questions afterwards, the verdict is that of a server that has not asked them: put the
/// answers there and call again.
[[nodiscard]] Explanation explain_client(const store::DirectoryClient& client, const Snapshot& snapshot,
                                         const FetchedKeys& fetched, std::span<const model::Denial> denials,
                                         const ExplainedRequest& request, WallTime now, x509::OcspDesk& desk);

/// The same for a client_id that nobody has. `close` is a registered one that it may have been meant for, or empty.
[[nodiscard]] Explanation explain_unknown_client(std::string_view client_id, std::string_view close);

}  // namespace certbound::oauth
