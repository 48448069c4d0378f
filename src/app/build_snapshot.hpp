#pragma once

#include <cstdint>
#include <memory>

#include "app/key_life.hpp"
#include "app/key_ring.hpp"
#include "app/materials.hpp"
#include "config/config.hpp"
#include "oauth/snapshot.hpp"

namespace certbound::app {

/// What a configuration says of keys.
[[nodiscard]] KeyPolicy make_key_policy(const config::Config& config);

/// The snapshot of a configuration, complete and tried: its active key has signed once.
/// Errors: `server_error`; then nothing may be published.
[[nodiscard]] Result<std::shared_ptr<const oauth::Snapshot>> build_snapshot(const config::Config& config,
                                                                            const Materials& materials,
                                                                            SnapshotKeys keys,
                                                                            std::uint64_t generation);

/// `snapshot` with other keys, tried as well. Errors: as build_snapshot.
[[nodiscard]] Result<std::shared_ptr<const oauth::Snapshot>> replace_keys(const oauth::Snapshot& snapshot,
                                                                          SnapshotKeys keys);

}  // namespace certbound::app
