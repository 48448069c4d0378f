#include "store/sqlite/database.hpp"

#include <sqlite3.h>

#include "base/event_loop_thread.hpp"
#include "base/log.hpp"
#include "store/sqlite/statement.hpp"

namespace certbound::store::sqlite {

namespace {

/// A path as SQLite's URI form takes it.
std::string to_uri(const std::filesystem::path& path) {
  static constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
  std::string uri = "file://";
  for (const char c : std::filesystem::absolute(path).string()) {
    if (kPlain.find(c) != std::string_view::npos) {
      uri.push_back(c);
    } else {
      uri += '%' + hex_encode(as_bytes(std::string_view{&c, 1}));
    }
  }
  return uri;
}

std::string target(const std::filesystem::path& path, Access access) {
  return access == Access::read_only_unshared ? to_uri(path) + "?immutable=1" : path.string();
}

int open_flags(Access access) {
  // NOMUTEX: one thread at a time is this class's contract. EXRESCODE: extended codes tell one I/O error from another.
  const int common = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  switch (access) {
    case Access::read_write:
      return common | SQLITE_OPEN_READWRITE;
    case Access::read_only:
      return common | SQLITE_OPEN_READONLY;
    case Access::read_only_unshared:
      return common | SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
  }
  return common | SQLITE_OPEN_READONLY;
}

/// A file that somebody prepared must not run code through its schema, nor be damaged through it.
int harden(sqlite3* handle) {
  int code = sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  if (code == SQLITE_OK) code = sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  if (code == SQLITE_OK) code = sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_FKEY, 1, nullptr);
  return code;
}

bool is_temporary(int code) {
  const int primary = code & 0xff;
  return primary == SQLITE_BUSY || primary == SQLITE_LOCKED || primary == SQLITE_FULL || primary == SQLITE_IOERR;
}

}  // namespace

void Database::Closer::operator()(sqlite3* handle) const {
  if (sqlite3_close_v2(handle) != SQLITE_OK) log::error("store_close_failed", {{"detail", sqlite3_errmsg(handle)}});
}

Result<Database> Database::open(const std::filesystem::path& path, Access access,
                                std::chrono::milliseconds busy_timeout) {
  forbid_on_event_loop_thread("SQLite is opened");
  if (sqlite3_threadsafe() == 0)
    return invalid_input("the SQLite library was compiled without threads; install another");
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(target(path, access).c_str(), &opened, open_flags(access), nullptr);
  Handle handle{opened};
  if (!handle) return invalid_input(path.string() + ": no memory for a database connection");
  if (code != SQLITE_OK || harden(handle.get()) != SQLITE_OK) {
    return invalid_input(path.string() + ": " + sqlite3_errmsg(handle.get()));
  }
  if (sqlite3_busy_timeout(handle.get(), static_cast<int>(busy_timeout.count())) != SQLITE_OK) {
    return invalid_input(path.string() + ": " + sqlite3_errmsg(handle.get()));
  }
  return Database{std::move(handle), path};
}

Result<void> Database::run(Sql sql) {
  forbid_on_event_loop_thread("SQL runs");
  if (sqlite3_exec(handle_.get(), sql.text().data(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return sqlite_error(*handle_, sql.text().substr(0, 60));
  }
  return {};
}

Result<long long> Database::query_integer(Sql sql) {
  Statement statement{sql};
  auto cursor = statement.start(*this);
  if (!cursor) return std::move(cursor).error();
  auto row = cursor->step();
  if (!row) return std::move(row).error();
  if (!*row) return internal_error("no row: " + std::string{sql.text()});
  return cursor->integer(0);
}

Result<std::string> Database::query_text(Sql sql) {
  Statement statement{sql};
  auto cursor = statement.start(*this);
  if (!cursor) return std::move(cursor).error();
  auto row = cursor->step();
  if (!row) return std::move(row).error();
  if (!*row) return internal_error("no row: " + std::string{sql.text()});
  return std::string{cursor->text(0)};
}

Result<void> Database::set_user_version(int version) {
  // A pragma takes no bound value; a number is no way in for text.
  const std::string sql = "PRAGMA user_version = " + std::to_string(version);
  if (sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return sqlite_error(*handle_, sql);
  }
  return {};
}

bool Database::is_in_transaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }

bool Database::is_read_only() const { return sqlite3_db_readonly(handle_.get(), "main") == 1; }

Error sqlite_error(sqlite3& handle, std::string_view doing, SourceLocation where) {
  const int code = sqlite3_extended_errcode(&handle);
  std::string detail =
      "store: " + std::string{doing} + ": " + sqlite3_errmsg(&handle) + " (SQLite " + std::to_string(code) + ")";
  if (!is_temporary(code)) return internal_error(std::move(detail), where);
  return {ErrorCode::temporarily_unavailable, Reason::overloaded, "the registry cannot be reached now; ask again later",
          std::move(detail), where};
}

}  // namespace certbound::store::sqlite
