#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "store/sqlite/sql.hpp"

struct sqlite3;

namespace certbound::store::sqlite {

/// How a file is opened. It must exist in every case.
enum class Access : std::uint8_t {
  read_write,
  read_only,           ///< another connection may be writing
  read_only_unshared,  ///< nobody has it open: no lock is taken and no file made beside it
};

/// How long a statement waits for another connection's lock.
inline constexpr std::chrono::milliseconds kBusyTimeout{5000};

/// One connection to an SQLite file. Used by one thread at a time, never by one that serves connections: that is a
/// logic_error.
///
/// Errors of all that runs SQL: `temporarily_unavailable` with Reason::overloaded where the file is locked, the disk is
/// full or fails; else `server_error`. `detail` has SQLite's words.
class Database {
 public:
  /// Errors: `invalid_request`, `detail` for the operator.
  [[nodiscard]] static Result<Database> open(const std::filesystem::path& path, Access access,
                                             std::chrono::milliseconds busy_timeout = kBusyTimeout);

  /// Runs one or several statements that give no row.
  [[nodiscard]] Result<void> run(Sql sql);

  /// The one integer that a statement gives.
  [[nodiscard]] Result<long long> query_integer(Sql sql);
  /// The one text that a statement gives.
  [[nodiscard]] Result<std::string> query_text(Sql sql);

  /// Stores the schema's version in the file's header; part of the current transaction.
  [[nodiscard]] Result<void> set_user_version(int version);

  /// Rows that the last INSERT, UPDATE or DELETE touched.

  /// Is a transaction open? SQLite ends one itself after some errors.
  [[nodiscard]] bool is_in_transaction() const;

  /// SQLite opens a file that it may not write for reading, without a word.
  [[nodiscard]] bool is_read_only() const;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] sqlite3& handle() const { return *handle_; }

 private:
  struct Closer {
    void operator()(sqlite3* handle) const;
  };
  using Handle = std::unique_ptr<sqlite3, Closer>;

  Database(Handle handle, std::filesystem::path path) : handle_{std::move(handle)}, path_{std::move(path)} {}

  Handle handle_;
  std::filesystem::path path_;
};

/// SQLite's last error on this connection as ours. `doing` says what was tried.
[[nodiscard]] Error sqlite_error(sqlite3& handle, std::string_view doing,
                                 SourceLocation where = SourceLocation::current());

}  // namespace certbound::store::sqlite
