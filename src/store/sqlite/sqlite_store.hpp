#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <span>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "store/sqlite/database.hpp"
#include "store/sqlite/migrations.hpp"
#include "store/store.hpp"

namespace certbound::store::sqlite {

/// Puts the file into WAL mode, so that readers never wait for the writer, and the connection into synchronous=FULL, so
/// that what was committed survives a power cut. Errors: those of Database; `invalid_request` where the file system
/// cannot do it.
[[nodiscard]] Result<void> configure_writer(Database& database);

/// store::open_store for the file `path`, over a connection that configure_writer has had.
[[nodiscard]] Result<std::unique_ptr<Store>> open_sqlite_store(const std::filesystem::path& path, WallTime now);

/// The same with other migrations: for tests of the schema's life.
[[nodiscard]] Result<std::unique_ptr<Store>> open_sqlite_store(const std::filesystem::path& path, WallTime now,
                                                               std::span<const Migration> migrations,
                                                               std::chrono::milliseconds busy_timeout);

/// store::open_store_read_only for the file `path`.
[[nodiscard]] Result<std::unique_ptr<ReadOnlyStore>> open_sqlite_store_read_only(const std::filesystem::path& path);

}  // namespace certbound::store::sqlite
