#include "store/client_directory.hpp"

#include <utility>

#include "base/text.hpp"

namespace certbound::store {

ClientDirectory::Found ClientDirectory::find_cached(std::string_view client_id) {
  const auto found = index_.find(client_id);
  if (found == index_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return entries_.front();
}

Task<Result<ClientDirectory::Found>> ClientDirectory::find(const model::ClientId& id) {
  for (;;) {
    if (Found cached = find_cached(id.text())) co_return cached;
    co_await gate_.pass();
    const std::uint64_t generation = generation_;
    auto stored = co_await executor_.find_client(id);
    // Read while the registry changed, or before it did: worth nothing.
    if (!gate_.is_open() || generation != generation_) continue;
    if (!stored) co_return std::move(stored).error();
    if (!*stored) co_return Found();
    auto made = make_directory_client(**std::move(stored));
    if (!made) co_return internal_error("stored client " + json_quoted(id.text()) + ": " + made.error().detail);
    const Found client = std::make_shared<const DirectoryClient>(*std::move(made));
    keep(client);
    co_return client;
  }
}

void ClientDirectory::clear() {
  ++generation_;
  index_.clear();
  entries_.clear();
  gate_.open();
}

void ClientDirectory::forget(std::string_view client_id) {
  ++generation_;
  drop(client_id);
}

void ClientDirectory::drop(std::string_view client_id) {
  const auto known = index_.find(client_id);
  if (known == index_.end()) return;
  const auto entry = known->second;
  index_.erase(known);
  entries_.erase(entry);
}

void ClientDirectory::keep(const Found& client) {
  if (capacity_ == 0) return;
  // Two lookups of one client may end one after the other.
  drop(client->client.client_id.text());
  if (entries_.size() >= capacity_) {
    index_.erase(entries_.back()->client.client_id.text());
    entries_.pop_back();
  }
  entries_.push_front(client);
  index_.emplace(entries_.front()->client.client_id.text(), entries_.begin());
}

}  // namespace certbound::store
