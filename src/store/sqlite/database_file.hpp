#pragma once

#include <filesystem>

#include "base/result.hpp"

namespace certbound::store::sqlite {

/// Which of the two files that SQLite keeps beside a database in WAL mode.
[[nodiscard]] std::filesystem::path wal_path(const std::filesystem::path& database);

/// Makes the file, empty and with mode 0600, before SQLite would with the umask's; SQLite gives the files beside it the
/// same mode. An existing file is checked as check_database_file does. Errors: `invalid_request`, `detail` for the
/// operator.
[[nodiscard]] Result<void> prepare_database_file(const std::filesystem::path& path);

/// A regular file that nobody but its owner may use: it holds private keys. It is never opened, since closing a
/// descriptor of our own would drop the locks that SQLite holds on it (POSIX). Errors: `invalid_request`, `detail` for
/// the operator.
[[nodiscard]] Result<void> check_database_file(const std::filesystem::path& path);

}  // namespace certbound::store::sqlite
