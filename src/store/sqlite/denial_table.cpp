#include "store/sqlite/denial_table.hpp"

#include <algorithm>
#include <chrono>
#include <limits>

#include "store/sqlite/transaction.hpp"

namespace certbound::store::sqlite {

namespace {

WallTime read_seconds(const Cursor& row, int column) { return WallTime{std::chrono::seconds{row.integer(column)}}; }

Result<model::Denial> read_denial(const Cursor& row) {
  model::Denial denial;
  denial.id = static_cast<std::uint64_t>(row.integer(0));
  const auto kind = model::parse_denial_kind(row.text(1));
  if (!kind) return internal_error("stored denial " + std::to_string(denial.id) + ": unknown kind");
  denial.kind = *kind;
  denial.subject = row.text(2);
  if (!row.is_null(3)) denial.issued_before = read_seconds(row, 3);
  denial.reason = row.text(4);
  denial.created_at = read_seconds(row, 5);
  if (!row.is_null(6)) denial.until = read_seconds(row, 6);
  const auto origin = model::parse_denial_origin(row.text(7));
  if (!origin) return internal_error("stored denial " + std::to_string(denial.id) + ": unknown origin");
  denial.origin = *origin;
  denial.revoked_by = row.text(8);
  return denial;
}

Result<std::vector<model::Denial>> read_denials(Cursor& cursor) {
  std::vector<model::Denial> denials;
  for (;;) {
    const auto row = cursor.step();
    if (!row) return row.error();
    if (!*row) return denials;
    auto denial = read_denial(cursor);
    if (!denial) return std::move(denial).error();
    denials.push_back(*std::move(denial));
  }
}

long long limit_of(std::size_t limit) {
  constexpr std::size_t kMost = std::numeric_limits<std::int32_t>::max();
  return static_cast<long long>(std::min(limit, kMost));
}

/// Two parameters: is there a time, and which.
void bind_time(Cursor& cursor, int first, const std::optional<WallTime>& time) {
  cursor.bind_integer(first, time ? 1 : 0);
  cursor.bind_integer(first + 1, time ? unix_seconds(*time) : 0);
}

}  // namespace

Result<std::vector<model::Denial>> DenialTable::list_denials(std::uint64_t after_id, std::size_t limit) {
  auto cursor = list_.start(database_);
  if (!cursor) return std::move(cursor).error();
  cursor->bind_integer(1, static_cast<long long>(after_id));
  cursor->bind_integer(2, limit_of(limit));
  return read_denials(*cursor);
}

Result<void> DenialTable::write_denials(std::span<model::Denial> denials) {
  auto transaction = Transaction::begin(database_);
  if (!transaction) return std::move(transaction).error();
  for (model::Denial& denial : denials) {
    if (auto written = write_one(denial); !written) return written;
  }
  return transaction->commit();
}

Result<void> DenialTable::write_one(model::Denial& denial) {
  auto cursor = write_.start(database_);
  if (!cursor) return std::move(cursor).error();
  cursor->bind_integer(1, static_cast<long long>(denial.id));
  cursor->bind_text(2, name(denial.kind));
  cursor->bind_text(3, denial.subject);
  bind_time(*cursor, 4, denial.issued_before);
  cursor->bind_text(6, denial.reason);
  cursor->bind_integer(7, unix_seconds(denial.created_at));
  bind_time(*cursor, 8, denial.until);
  cursor->bind_text(10, name(denial.origin));
  cursor->bind_text(11, denial.revoked_by);
  const auto row = cursor->step();
  if (!row) return row.error();
  if (!*row) return internal_error("store: a denial got no id");
  denial.id = static_cast<std::uint64_t>(cursor->integer(0));
  return {};
}

Result<std::optional<model::Denial>> DenialTable::remove_denial(std::uint64_t id) {
  auto cursor = remove_.start(database_);
  if (!cursor) return std::move(cursor).error();
  cursor->bind_integer(1, static_cast<long long>(id));
  auto removed = read_denials(*cursor);
  if (!removed) return std::move(removed).error();
  if (removed->empty()) return std::optional<model::Denial>{};
  return std::optional{std::move(removed->front())};
}

Result<std::vector<model::Denial>> DenialTable::forget_denials(WallTime now, std::size_t limit) {
  auto cursor = forget_.start(database_);
  if (!cursor) return std::move(cursor).error();
  cursor->bind_integer(1, unix_seconds(now));
  cursor->bind_integer(2, limit_of(limit));
  return read_denials(*cursor);
}

}  // namespace certbound::store::sqlite
