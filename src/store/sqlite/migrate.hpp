#pragma once

#include <cstdint>
#include <span>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "store/sqlite/database.hpp"
#include "store/sqlite/migrations.hpp"

namespace certbound::store::sqlite {

/// `application_id` of our files: "cbnd". SQLite keeps it in the file's header.
inline constexpr std::int32_t kApplicationId = 0x63626e64;

/// The version of the file's schema, 0 of an empty file. Changes nothing.
/// Errors: `invalid_request`, `detail` for the operator: not a database, another program's file, a schema of a newer
/// certbound, or a recorded migration that is not this program's. Errors of Database, where SQL fails.
[[nodiscard]] Result<int> load_schema_version(Database& database, std::span<const Migration> migrations);

/// Applies the migrations that the file lacks, each in a transaction of its own with its record and the version number,
/// so that a program that is killed leaves a whole schema behind. Several programs may do it at once. Errors: as
/// load_schema_version.
[[nodiscard]] Result<void> migrate(Database& database, std::span<const Migration> migrations, WallTime now);

/// The checks of load_schema_version, and that no migration is missing, which is `invalid_request`.
[[nodiscard]] Result<void> check_schema(Database& database, std::span<const Migration> migrations);

}  // namespace certbound::store::sqlite
