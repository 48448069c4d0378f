#pragma once

#include <memory>

#include "gate/service.hpp"
#include "oauth/deny_list.hpp"
#include "oauth/snapshot.hpp"

namespace certbound::app {

/// What verifiers know of tokens is what introspection knows: these are its own functions, in the gate's terms. Each
/// may be called on any thread.

/// Says what oauth::is_active() says.
[[nodiscard]] gate::IsDenied make_denial_check(std::shared_ptr<const oauth::DenyList> denied,
                                               WallClock clock = wall_now);

/// Opens what oauth::open_sealed_token() opens with the snapshot's keys.
[[nodiscard]] gate::OpenOpaque make_opener(std::shared_ptr<const oauth::Snapshot> snapshot);

}  // namespace certbound::app
