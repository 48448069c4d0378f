#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/client.hpp"
#include "store/client_store.hpp"

namespace certbound::store {

/// The declared clients in the order of their ids; the pointers are into `declared`. Shared by every store, so that
/// they refuse alike. Errors: `invalid_request` for an id that stands twice, `detail` names it and both places;
/// `server_error` for a client of another source.
[[nodiscard]] Result<std::vector<const model::Client*>> sort_declared(std::span<const model::Client> declared);

/// `declared` is registered already, by `source`.
[[nodiscard]] Error source_conflict(const model::Client& declared, std::string_view source);

/// Counts one client, and lists its id while the list has room.
void count_added(Reconciliation& done, const std::string& client_id);
void count_changed(Reconciliation& done, const std::string& client_id);
void count_removed(Reconciliation& done, const std::string& client_id);

}  // namespace certbound::store
