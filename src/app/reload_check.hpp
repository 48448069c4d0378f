#pragma once

#include <string>
#include <vector>

#include "config/config.hpp"

namespace certbound::app {

/// The keys that differ between two configurations and take effect at a start only: `listeners[].address`, `state_dir`,
/// … Empty: the second can be reloaded.
[[nodiscard]] std::vector<std::string> keys_that_need_restart(const config::Config& running,
                                                              const config::Config& wanted);

}  // namespace certbound::app
