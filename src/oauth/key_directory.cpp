#include "oauth/key_directory.hpp"

namespace certbound::oauth {

void KeyDirectory::replace(const Published& published) {
  entries_.clear();
  for (const auto& [client_id, keys] : published) entries_[client_id].published = keys;
}

void KeyDirectory::put(std::string_view client_id, std::shared_ptr<const KeySet> keys, std::uint64_t attempt) {
  const auto found = entries_.find(client_id);
  if (found == entries_.end()) return;
  found->second.published.keys = std::move(keys);
  found->second.published.attempt = attempt;
  found->second.bell.ring();
}

std::shared_ptr<const KeySet> KeyDirectory::find(std::string_view client_id) const {
  const auto found = entries_.find(client_id);
  return found == entries_.end() ? nullptr : found->second.published.keys;
}

Task<bool> KeyDirectory::renew(std::string_view client_id) {
  const auto found = entries_.find(client_id);
  if (found == entries_.end()) co_return false;
  const PublishedKeys& published = found->second.published;
  if (!published.ask(published.attempt)) co_return false;
  // The entry may go meanwhile; the wait holds what it needs.
  co_await found->second.bell.wait(longest_wait_);
  co_return true;
}

}  // namespace certbound::oauth
