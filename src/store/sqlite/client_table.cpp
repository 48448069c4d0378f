#include "store/sqlite/client_table.hpp"

#include <algorithm>
#include <limits>

#include "store/client_record.hpp"
#include "store/reconcile.hpp"
#include "store/sqlite/client_secret_table.hpp"
#include "store/sqlite/transaction.hpp"

namespace certbound::store::sqlite {

namespace {

/// The clients of rows that come ordered by client, one row for each secret of it, or one without any.
Result<std::vector<model::Client>> read_clients(Cursor& rows) {
  constexpr int kSecret = 5;
  std::vector<model::Client> clients;
  for (;;) {
    auto row = rows.step();
    if (!row) return std::move(row).error();
    if (!*row) return clients;
    if (clients.empty() || clients.back().client_id.text() != rows.text(0)) {
      auto client = parse_client_row(ClientRow{rows.text(0), rows.text(1), rows.text(2), rows.text(3), rows.octets(4)});
      if (!client) return std::move(client).error();
      clients.push_back(*std::move(client));
    }
    if (!rows.is_null(kSecret)) clients.back().secrets.push_back(read_secret(rows, kSecret));
  }
}

/// What is compared with a declared client.
enum class Standing { missing, foreign, changed, moved, unchanged };

Result<Standing> find_standing(Cursor& row, const model::Client& client, const ClientMetadata& metadata,
                               std::string& source) {
  auto found = row.step();
  if (!found) return std::move(found).error();
  if (!*found) return Standing::missing;
  source = row.text(0);
  if (source != kDeclaredSource) return Standing::foreign;
  if (!std::ranges::equal(row.octets(2), metadata.digest.octets)) return Standing::changed;
  return row.text(1) == client.origin.place ? Standing::unchanged : Standing::moved;
}

Result<void> insert_client(Cursor cursor, const model::Client& client, const ClientMetadata& metadata, WallTime now) {
  cursor.bind_text(1, client.client_id.text());
  cursor.bind_text(2, client.origin.source);
  cursor.bind_text(3, client.origin.place);
  cursor.bind_text(4, metadata.json);
  cursor.bind_octets(5, metadata.digest.octets);
  cursor.bind_integer(6, unix_seconds(now));
  return cursor.finish();
}

Result<void> update_client(Cursor cursor, const model::Client& client, const ClientMetadata& metadata, WallTime now) {
  cursor.bind_text(1, client.client_id.text());
  cursor.bind_text(2, client.origin.place);
  cursor.bind_text(3, metadata.json);
  cursor.bind_octets(4, metadata.digest.octets);
  cursor.bind_integer(5, unix_seconds(now));
  return cursor.finish();
}

Result<void> move_client(Cursor cursor, const model::Client& client) {
  cursor.bind_text(1, client.client_id.text());
  cursor.bind_text(2, client.origin.place);
  return cursor.finish();
}

}  // namespace

Result<std::optional<model::Client>> ClientTable::find_client(const model::ClientId& id) {
  auto cursor = find_.start(database_);
  if (!cursor) return std::move(cursor).error();
  cursor->bind_text(1, id.text());
  auto found = read_clients(*cursor);
  if (!found) return std::move(found).error();
  if (found->empty()) return std::optional<model::Client>{};
  return std::optional<model::Client>{std::move(found->front())};
}

Result<std::vector<model::Client>> ClientTable::list_clients(std::string_view after_id, std::size_t limit) {
  auto cursor = list_.start(database_);
  if (!cursor) return std::move(cursor).error();
  constexpr std::size_t kMost = std::numeric_limits<std::int32_t>::max();
  cursor->bind_text(1, after_id);
  cursor->bind_integer(2, static_cast<long long>(std::min(limit, kMost)));
  return read_clients(*cursor);
}

Result<std::size_t> ClientTable::count_clients() {
  auto count = database_.query_integer("SELECT count(*) FROM client");
  if (!count) return std::move(count).error();
  return static_cast<std::size_t>(*count);
}

Result<Reconciliation> ClientTable::reconcile_clients(std::span<const model::Client> declared, WallTime now) {
  const auto sorted = sort_declared(declared);
  if (!sorted) return sorted.error();
  auto transaction = Transaction::begin(database_);
  if (!transaction) return std::move(transaction).error();
  Reconciliation done;
  for (const model::Client* client : *sorted) {
    if (auto applied = apply_declared(*client, now, done); !applied) return std::move(applied).error();
  }
  if (auto removed = remove_undeclared(*sorted, done); !removed) return std::move(removed).error();
  if (auto begun = begin_generation(now); !begun) return std::move(begun).error();
  if (auto committed = transaction->commit(); !committed) return std::move(committed).error();
  return done;
}

Result<void> ClientTable::begin_generation(WallTime now) {
  auto cursor = begin_generation_.start(database_);
  if (!cursor) return std::move(cursor).error();
  cursor->bind_integer(1, unix_seconds(now));
  return cursor->finish();
}

Result<RegistryGeneration> ClientTable::load_generation() {
  auto cursor = load_generation_.start(database_);
  if (!cursor) return std::move(cursor).error();
  auto row = cursor->step();
  if (!row) return std::move(row).error();
  if (!*row) return RegistryGeneration{};
  return RegistryGeneration{static_cast<std::uint64_t>(cursor->integer(0)),
                            WallTime{std::chrono::seconds{cursor->integer(1)}}};
}

Result<void> ClientTable::apply_declared(const model::Client& client, WallTime now, Reconciliation& done) {
  const auto metadata = render_client_metadata(client);
  if (!metadata) return metadata.error();
  auto state = find_state_.start(database_);
  if (!state) return std::move(state).error();
  state->bind_text(1, client.client_id.text());
  std::string source;
  const auto standing = find_standing(*state, client, *metadata, source);
  if (!standing) return standing.error();
  if (*standing == Standing::foreign) return source_conflict(client, source);
  if (*standing == Standing::unchanged || *standing == Standing::moved) ++done.unchanged;
  if (*standing == Standing::unchanged) return {};
  if (*standing == Standing::missing) count_added(done, client.client_id.text());
  if (*standing == Standing::changed) {
    count_changed(done, client.client_id.text());
    // So that none of them sleeps until the client is given such a method again.
    const bool keeps_secrets = model::is_secret_method(client.token_endpoint_auth_method);
    if (auto gone = keeps_secrets ? Result<void>{} : remove_secrets(client.client_id.text(), done); !gone) return gone;
  }

  Statement& write = *standing == Standing::missing ? insert_ : *standing == Standing::changed ? update_ : move_;
  auto cursor = write.start(database_);
  if (!cursor) return std::move(cursor).error();
  if (*standing == Standing::missing) return insert_client(*std::move(cursor), client, *metadata, now);
  if (*standing == Standing::changed) return update_client(*std::move(cursor), client, *metadata, now);
  return move_client(*std::move(cursor), client);
}

Result<std::vector<std::string>> ClientTable::find_undeclared(const std::vector<const model::Client*>& sorted) {
  auto cursor = list_declared_.start(database_);
  if (!cursor) return std::move(cursor).error();
  cursor->bind_text(1, kDeclaredSource);
  std::vector<std::string> undeclared;
  auto declared = sorted.begin();
  for (;;) {
    auto row = cursor->step();
    if (!row) return std::move(row).error();
    if (!*row) return undeclared;
    // Both run in the order of their octets: everything declared is stored by now, so one walk finds what is stored
    // only.
    const std::string_view stored = cursor->text(0);
    if (declared != sorted.end() && (*declared)->client_id.text() == stored) {
      ++declared;
    } else {
      undeclared.emplace_back(stored);
    }
  }
}

Result<void> ClientTable::remove_secrets(std::string_view client_id, Reconciliation& done) {
  auto cursor = remove_secrets_.start(database_);
  if (!cursor) return std::move(cursor).error();
  cursor->bind_text(1, client_id);
  for (;;) {
    auto removed = cursor->step();
    if (!removed) return std::move(removed).error();
    if (!*removed) return {};
    ++done.removed_secrets;
  }
}

Result<void> ClientTable::remove_client(std::string_view client_id, Reconciliation& done) {
  if (auto removed = remove_secrets(client_id, done); !removed) return removed;
  for (Statement* statement : {&remove_, &forget_seen_}) {
    auto cursor = statement->start(database_);
    if (!cursor) return std::move(cursor).error();
    cursor->bind_text(1, client_id);
    if (auto removed = cursor->finish(); !removed) return removed;
  }
  return {};
}

Result<void> ClientTable::remove_undeclared(const std::vector<const model::Client*>& sorted, Reconciliation& done) {
  const auto undeclared = find_undeclared(sorted);
  if (!undeclared) return undeclared.error();
  for (const std::string& client_id : *undeclared) {
    if (auto removed = remove_client(client_id, done); !removed) return removed;
    count_removed(done, client_id);
  }
  return {};
}

}  // namespace certbound::store::sqlite
