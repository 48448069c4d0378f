#pragma once

#include "audit/writer.hpp"
#include "oauth/health.hpp"
#include "store/executor.hpp"

namespace certbound::app {

/// What /readyz asks: whether records can be written, and clients looked up. Both outlive `health`.
void add_probes(oauth::Health& health, const audit::Writer& audit, store::Executor& executor);

}  // namespace certbound::app
