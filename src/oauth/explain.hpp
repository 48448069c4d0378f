#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/reason.hpp"
#include "model/denial.hpp"
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

  std::string name;  ///< snake_case, stable: `client`, `method`, `key`; then `chain`, `validity`,
                     ///< `revocation`, `subject` or `certificate`, `validity`; `denial`; `binding`
  StepOutcome outcome = StepOutcome::not_reached;
  Reason reason = Reason::none;  ///< why it failed; none where it did not
  std::string expected;
  std::string presented;
  std::string detail;  ///< what it means, what to do
};

/// What would happen if the holder of a certificate's key authenticated as a client.
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

/// Walks through what the token endpoint does, then asks the very function that it asks. The handshake, which proves
/// the key, is taken as done. `denials` are those of the deny list, at least those that name client or certificate.
/// Where `desk` has questions afterwards, the verdict is that of a server that has not asked them: put the answers
/// there and call again.
[[nodiscard]] Explanation explain_client(const store::DirectoryClient& client, const Snapshot& snapshot,
                                         const FetchedKeys& fetched, std::span<const model::Denial> denials,
                                         const x509::PresentedChain& presented, WallTime now, x509::OcspDesk& desk);

/// The same for a client_id that nobody has. `close` is a registered one that it may have been meant for, or empty.
[[nodiscard]] Explanation explain_unknown_client(std::string_view client_id, std::string_view close);

}  // namespace certbound::oauth
