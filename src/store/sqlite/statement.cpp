#include "store/sqlite/statement.hpp"

#include <sqlite3.h>

#include "base/event_loop_thread.hpp"

namespace certbound::store::sqlite {

// Both return the error of the last step once more, which step() has reported.
void Cursor::Resetter::operator()(sqlite3_stmt* statement) const {
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
}
void Statement::Finalizer::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

void Cursor::remember(int code) { has_bind_failed_ = has_bind_failed_ || code != SQLITE_OK; }

// A null destructor is SQLITE_STATIC: SQLite does not copy. A null pointer would bind NULL, so an empty text has
// another one.
void Cursor::bind_text(int parameter, std::string_view text) {
  remember(sqlite3_bind_text64(statement_.get(), parameter, text.empty() ? "" : text.data(), text.size(), nullptr,
                               SQLITE_UTF8));
}

void Cursor::bind_octets(int parameter, ByteView octets) {
  remember(octets.empty() ? sqlite3_bind_zeroblob(statement_.get(), parameter, 0)
                          : sqlite3_bind_blob64(statement_.get(), parameter, octets.data(), octets.size(), nullptr));
}

void Cursor::bind_integer(int parameter, long long value) {
  remember(sqlite3_bind_int64(statement_.get(), parameter, value));
}

Result<bool> Cursor::step() {
  if (has_bind_failed_)
    return internal_error(std::string{"store: a value cannot be bound: "} + sqlite3_sql(statement_.get()));
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return sqlite_error(*database_, sqlite3_sql(statement_.get()));
}

Result<void> Cursor::finish() {
  auto row = step();
  if (!row) return std::move(row).error();
  if (*row) return internal_error(std::string{"store: an unexpected row: "} + sqlite3_sql(statement_.get()));
  return {};
}

std::string_view Cursor::text(int column) const {
  const unsigned char* text = sqlite3_column_text(statement_.get(), column);
  if (text == nullptr) return {};
  return {reinterpret_cast<const char*>(text),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

ByteView Cursor::octets(int column) const {
  const void* octets = sqlite3_column_blob(statement_.get(), column);
  if (octets == nullptr) return {};
  return {static_cast<const std::uint8_t*>(octets),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

long long Cursor::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }

bool Cursor::is_null(int column) const { return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL; }

Result<Cursor> Statement::start(Database& database) {
  forbid_on_event_loop_thread("SQL runs");
  if (!prepared_) {
    sqlite3_stmt* prepared = nullptr;
    const auto text = sql_.text();
    const int code = sqlite3_prepare_v3(&database.handle(), text.data(), static_cast<int>(text.size() + 1),
                                        SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
    if (code != SQLITE_OK) return sqlite_error(database.handle(), text);
    prepared_.reset(prepared);
  }
  return Cursor{*prepared_, database.handle()};
}

}  // namespace certbound::store::sqlite
