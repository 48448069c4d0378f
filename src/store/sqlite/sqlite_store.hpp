#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <span>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "store/sqlite/migrations.hpp"
#include "store/store.hpp"

namespace certbound::store::sqlite {

/// store::open_store for the file `path`. Its connection has the file in WAL mode with synchronous=FULL: what was
/// committed survives a power cut, and readers never wait for the writer.
[[nodiscard]] Result<std::unique_ptr<Store>> open_sqlite_store(const std::filesystem::path& path, WallTime now);

/// The same with other migrations: for tests of the schema's life.
[[nodiscard]] Result<std::unique_ptr<Store>> open_sqlite_store(const std::filesystem::path& path, WallTime now,
                                                               std::span<const Migration> migrations,
                                                               std::chrono::milliseconds busy_timeout);

/// store::open_store_read_only for the file `path`.
[[nodiscard]] Result<std::unique_ptr<ReadOnlyStore>> open_sqlite_store_read_only(const std::filesystem::path& path);

}  // namespace certbound::store::sqlite
