#pragma once

#include <filesystem>
#include <memory>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "store/store.hpp"

namespace certbound::store {

/// The registry's file in `state_dir`.
inline constexpr const char* kDatabaseName = "certbound.db";

/// Opens the registry in `state_dir`, which exists, makes it (mode 0600) where it is missing, and brings its schema up
/// to this program's. `now` is what the record of an applied migration says. Errors: `invalid_request`, `detail` for
/// the operator, where the file is not a database, is another program's, was written by a newer certbound, has other
/// migrations than this program, may be read by others than its owner, or cannot be written. Then nothing was changed.
[[nodiscard]] Result<std::unique_ptr<Store>> open_store(const std::filesystem::path& state_dir, WallTime now);

/// Opens an existing registry to read it. Works while a daemon has it open; makes and changes no file of its own.
/// Errors: as open_store, and `invalid_request` where there is none or its schema is older than this program's.
[[nodiscard]] Result<std::unique_ptr<ReadOnlyStore>> open_store_read_only(const std::filesystem::path& state_dir);

}  // namespace certbound::store
