#include "store/open.hpp"

#include "store/sqlite/sqlite_store.hpp"

namespace certbound::store {

Result<std::unique_ptr<Store>> open_store(const std::filesystem::path& state_dir, WallTime now) {
  return sqlite::open_sqlite_store(state_dir / kDatabaseName, now);
}

Result<std::unique_ptr<ReadOnlyStore>> open_store_read_only(const std::filesystem::path& state_dir) {
  return sqlite::open_sqlite_store_read_only(state_dir / kDatabaseName);
}

}  // namespace certbound::store
