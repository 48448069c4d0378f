#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "audit/writer.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "control/commands.hpp"
#include "model/client.hpp"
#include "store/client_secret_store.hpp"

namespace certbound::app {

/// How long a secret is valid where nobody says otherwise.
inline constexpr std::string_view kSecretLifetime = "90d";

/// When a secret ends that is made at `now`: `lifetime` is a duration, or `never`. Errors: `invalid_request`, `detail`
/// for the operator.
[[nodiscard]] Result<std::optional<WallTime>> parse_secret_end(std::string_view lifetime, WallTime now);

/// What operators are shown of a secret: `expires_at` is null where it does not end. Never its digest.
[[nodiscard]] nlohmann::json secret_json(const model::ClientSecret& secret, WallTime now);

/// What the commands work with; outlives them.
struct SecretCommands {
  store::ClientSecretStore& secrets;  ///< of the thread that runs commands
  audit::Writer& audit;
  /// The client's secrets have changed in the store: returns when every worker looks them up again.
  std::function<void(std::string_view client_id)> on_change;
};

/// `client.secret.new` {client_id, expires}: makes one, which only its answer ever holds. `client.secret.remove`
/// {client_id, id}. Answered when the change is on the disk, in effect on every worker, and in the audit log with who
/// asked for it.
void add_secret_commands(control::Commands& commands, const SecretCommands& with);

}  // namespace certbound::app
