#pragma once

#include <memory>
#include <string_view>

#include "base/base64url.hpp"
#include "base/result.hpp"
#include "store/sqlite/database.hpp"
#include "store/sqlite/sql.hpp"

struct sqlite3_stmt;

namespace certbound::store::sqlite {

/// One run of a Statement, which it resets when it ends. What is bound is not copied: it outlives the cursor.
/// Parameters count from 1, columns from 0. Errors: as Database.
class Cursor {
 public:
  Cursor(Cursor&&) noexcept = default;
  Cursor& operator=(Cursor&&) noexcept = default;
  ~Cursor() = default;

  void bind_text(int parameter, std::string_view text);
  void bind_octets(int parameter, ByteView octets);
  void bind_integer(int parameter, long long value);

  /// Is there another row?
  [[nodiscard]] Result<bool> step();
  /// Runs a statement that gives no row.
  [[nodiscard]] Result<void> finish();

  // The columns of the current row, valid until the next step. NULL reads as empty or 0.
  [[nodiscard]] std::string_view text(int column) const;
  [[nodiscard]] ByteView octets(int column) const;
  [[nodiscard]] long long integer(int column) const;
  [[nodiscard]] bool is_null(int column) const;

 private:
  friend class Statement;
  struct Resetter {
    void operator()(sqlite3_stmt* statement) const;
  };
  Cursor(sqlite3_stmt& statement, sqlite3& database) : statement_{&statement}, database_{&database} {}
  void remember(int code);

  std::unique_ptr<sqlite3_stmt, Resetter> statement_;
  sqlite3* database_;
  bool has_bind_failed_ = false;
};

/// A prepared statement, made at its first use and kept. Belongs to one Database, and ends before it.
class Statement {
 public:
  explicit Statement(Sql sql) : sql_{sql} {}

  /// At most one cursor of a statement lives at a time.
  [[nodiscard]] Result<Cursor> start(Database& database);

 private:
  struct Finalizer {
    void operator()(sqlite3_stmt* statement) const;
  };
  Sql sql_;
  std::unique_ptr<sqlite3_stmt, Finalizer> prepared_;
};

}  // namespace certbound::store::sqlite
