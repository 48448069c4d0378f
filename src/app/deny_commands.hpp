#pragma once

#include <nlohmann/json_fwd.hpp>

#include "audit/writer.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "control/commands.hpp"
#include "model/denial.hpp"
#include "store/denial_recorder.hpp"

namespace certbound::app {

/// The denial that an operator asks for: `jti`, `thumbprint`, `client` or none of them, `issued_before`, `until`,
/// `reason`, all texts. Without `until` it ends when nothing that it can match is alive, or, where later tokens match
/// too, when it is removed (docs/adr/0025). Errors: `invalid_request`, `detail` for the operator.
[[nodiscard]] Result<model::Denial> parse_denial(const nlohmann::json& arguments, WallTime now);

/// What operators are shown of a denial: `until` is null where it ends when it is removed.
[[nodiscard]] nlohmann::json denial_json(const model::Denial& denial);

/// What the commands work with; outlives them.
struct DenyCommands {
  store::DenialRecorder& recorder;
  store::DenialReader& reader;  ///< of the thread that runs commands
  audit::Writer& audit;
};

/// `deny.add` and `deny.remove`: answered when the change is on the disk, in effect on every worker, and in the audit
/// log with who asked for it.
void add_deny_commands(control::Commands& commands, const DenyCommands& with);

}  // namespace certbound::app
