#pragma once

#include <nlohmann/json_fwd.hpp>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "control/commands.hpp"
#include "model/denial.hpp"
#include "store/denial_recorder.hpp"

namespace certbound::app {

/// The denial that an operator asks for: `jti`, `thumbprint`, `client` or none of them, `issued_before`, `until`,
/// `reason`, all texts. Without `until` it ends when nothing that it can match is alive (docs/adr/0022). Errors:
/// `invalid_request`, `detail` for the operator.
[[nodiscard]] Result<model::Denial> parse_denial(const nlohmann::json& arguments, WallTime now);

/// What operators are shown of a denial.
[[nodiscard]] nlohmann::json denial_json(const model::Denial& denial);

/// `deny.add` and `deny.remove`: answered when the change is on the disk and in effect on every worker. `recorder`
/// outlives the commands.
void add_deny_commands(control::Commands& commands, store::DenialRecorder& recorder);

}  // namespace certbound::app
