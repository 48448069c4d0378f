#include "store/sqlite/client_secret_table.hpp"

#include <algorithm>
#include <chrono>
#include <limits>

#include "store/sqlite/transaction.hpp"

namespace certbound::store::sqlite {

namespace {

WallTime secret_time(const Cursor& row, int column) { return WallTime{std::chrono::seconds{row.integer(column)}}; }

long long row_limit(std::size_t limit) {
  constexpr std::size_t kMost = std::numeric_limits<std::int32_t>::max();
  return static_cast<long long>(std::min(limit, kMost));
}

}  // namespace

model::ClientSecret read_secret(const Cursor& row, int first) {
  model::ClientSecret secret;
  secret.id = static_cast<std::uint64_t>(row.integer(first));
  secret.sha256 = row.text(first + 1);
  secret.created_at = secret_time(row, first + 2);
  if (!row.is_null(first + 3)) secret.expires_at = secret_time(row, first + 3);
  return secret;
}

Result<ClientSecretReader::MethodCounts> ClientSecretTable::count_methods() {
  auto cursor = count_methods_.start(database_);
  if (!cursor) return std::move(cursor).error();
  MethodCounts counts{};
  for (;;) {
    const auto row = cursor->step();
    if (!row) return row.error();
    if (!*row) return counts;
    const auto method = model::parse_auth_method(cursor->text(0));
    if (!method) return internal_error("store: a client of an unknown method");
    counts.at(static_cast<std::size_t>(*method)) += static_cast<std::size_t>(cursor->integer(1));
  }
}

Result<std::vector<std::string>> ClientSecretTable::list_secret_clients(std::size_t limit) {
  auto cursor = list_clients_.start(database_);
  if (!cursor) return std::move(cursor).error();
  cursor->bind_text(1, name(model::AuthMethod::client_secret_basic));
  cursor->bind_text(2, name(model::AuthMethod::client_secret_post));
  cursor->bind_integer(3, row_limit(limit));
  std::vector<std::string> ids;
  for (;;) {
    const auto row = cursor->step();
    if (!row) return row.error();
    if (!*row) return ids;
    ids.emplace_back(cursor->text(0));
  }
}

Result<std::vector<OwnedSecret>> ClientSecretTable::list_ending_secrets(WallTime now, WallTime end, std::size_t limit) {
  auto cursor = list_ending_.start(database_);
  if (!cursor) return std::move(cursor).error();
  cursor->bind_integer(1, unix_seconds(now));
  cursor->bind_integer(2, unix_seconds(end));
  cursor->bind_integer(3, row_limit(limit));
  std::vector<OwnedSecret> ending;
  for (;;) {
    const auto row = cursor->step();
    if (!row) return row.error();
    if (!*row) return ending;
    ending.push_back({std::string{cursor->text(4)}, read_secret(*cursor, 0)});
  }
}

Result<std::size_t> ClientSecretTable::count_ending_secrets(WallTime now, WallTime end) {
  auto cursor = count_ending_.start(database_);
  if (!cursor) return std::move(cursor).error();
  cursor->bind_integer(1, unix_seconds(now));
  cursor->bind_integer(2, unix_seconds(end));
  const auto row = cursor->step();
  if (!row) return row.error();
  return static_cast<std::size_t>(cursor->integer(0));
}

Result<model::ClientSecret> ClientSecretTable::add_secret(const model::ClientId& id, model::ClientSecret secret) {
  auto transaction = Transaction::begin(database_);
  if (!transaction) return std::move(transaction).error();
  const auto client = clients_.find_client(id);
  if (!client) return client.error();
  if (!*client) return no_such_client(id);
  if (auto room = check_secret_room(**client, secret.created_at); !room) return std::move(room).error();
  if (auto forgotten = forget_over(id, secret.created_at); !forgotten) return std::move(forgotten).error();
  const auto number = insert(id, secret);
  if (!number) return number.error();
  if (auto committed = transaction->commit(); !committed) return std::move(committed).error();
  secret.id = *number;
  return secret;
}

Result<void> ClientSecretTable::forget_over(const model::ClientId& id, WallTime now) {
  auto cursor = forget_over_.start(database_);
  if (!cursor) return std::move(cursor).error();
  cursor->bind_text(1, id.text());
  cursor->bind_integer(2, unix_seconds(now));
  return cursor->finish();
}

Result<std::uint64_t> ClientSecretTable::insert(const model::ClientId& id, const model::ClientSecret& secret) {
  auto cursor = insert_.start(database_);
  if (!cursor) return std::move(cursor).error();
  cursor->bind_text(1, id.text());
  cursor->bind_text(2, secret.sha256);
  cursor->bind_integer(3, unix_seconds(secret.created_at));
  cursor->bind_integer(4, secret.expires_at ? 1 : 0);
  cursor->bind_integer(5, secret.expires_at ? unix_seconds(*secret.expires_at) : 0);
  const auto row = cursor->step();
  if (!row) return row.error();
  if (!*row) return internal_error("store: a secret got no id");
  return static_cast<std::uint64_t>(cursor->integer(0));
}

Result<std::optional<model::ClientSecret>> ClientSecretTable::remove_secret(const model::ClientId& id,
                                                                            std::uint64_t secret) {
  // SQLite has no larger numbers, so none of them is one.
  if (secret > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return std::optional<model::ClientSecret>{};
  }
  auto cursor = remove_.start(database_);
  if (!cursor) return std::move(cursor).error();
  cursor->bind_integer(1, static_cast<long long>(secret));
  cursor->bind_text(2, id.text());
  auto row = cursor->step();
  if (!row) return std::move(row).error();
  if (!*row) return std::optional<model::ClientSecret>{};
  const model::ClientSecret removed = read_secret(*cursor, 0);
  // The statement ends, and with it its transaction.
  if (auto ended = cursor->finish(); !ended) return std::move(ended).error();
  return std::optional{removed};
}

}  // namespace certbound::store::sqlite
