#include "store/reconcile.hpp"

#include <algorithm>

namespace certbound::store {

namespace {

void list_id(std::vector<std::string>& ids, const std::string& client_id) {
  if (ids.size() < Reconciliation::kMaximumListed) ids.push_back(client_id);
}

}  // namespace

Result<std::vector<const model::Client*>> sort_declared(std::span<const model::Client> declared) {
  std::vector<const model::Client*> sorted;
  sorted.reserve(declared.size());
  for (const model::Client& client : declared) {
    if (client.origin.source != kDeclaredSource) {
      return internal_error("client " + client.client_id.text() + " is of source " + client.origin.source +
                            ", not declared");
    }
    sorted.push_back(&client);
  }
  std::stable_sort(sorted.begin(), sorted.end(), [](const model::Client* a, const model::Client* b) {
    return a->client_id.text() < b->client_id.text();
  });
  const auto twice =
      std::adjacent_find(sorted.begin(), sorted.end(),
                         [](const model::Client* a, const model::Client* b) { return a->client_id == b->client_id; });
  if (twice != sorted.end()) {
    return invalid_input("client " + (*twice)->client_id.text() + " is declared twice: " + (*twice)->origin.place +
                         " and " + (*std::next(twice))->origin.place);
  }
  return sorted;
}

Error source_conflict(const model::Client& declared, std::string_view source) {
  return invalid_input(declared.origin.place + ": client " + declared.client_id.text() +
                       " is registered already, by another source (" + std::string{source} +
                       "); remove it there or choose another client_id");
}

void count_added(Reconciliation& done, const std::string& client_id) {
  ++done.added;
  list_id(done.added_ids, client_id);
}

void count_changed(Reconciliation& done, const std::string& client_id) {
  ++done.changed;
  list_id(done.changed_ids, client_id);
}

void count_removed(Reconciliation& done, const std::string& client_id) {
  ++done.removed;
  list_id(done.removed_ids, client_id);
}

}  // namespace certbound::store
