#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "app/materials.hpp"
#include "config/config.hpp"
#include "oauth/snapshot.hpp"
#include "store/key_store.hpp"

namespace certbound::app {

/// The signing keys of the store with their private halves; makes an active one for `algorithm` where there is none.
/// Errors: as KeyStore, and `server_error` where a key cannot be made or read.
[[nodiscard]] Result<std::vector<oauth::SigningKey>> load_signing_keys(store::KeyStore& store,
                                                                       model::SigningAlgorithm algorithm, WallTime now);

/// The snapshot of a configuration, complete and tried: its active key has signed once.
/// Errors: `server_error`; then nothing may be published.
[[nodiscard]] Result<std::shared_ptr<const oauth::Snapshot>> build_snapshot(const config::Config& config,
                                                                            const Materials& materials,
                                                                            std::vector<oauth::SigningKey> keys,
                                                                            std::uint64_t generation);

}  // namespace certbound::app
