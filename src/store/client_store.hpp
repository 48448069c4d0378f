#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/client.hpp"

namespace certbound::store {

/// The `source` of clients that the configuration declares. Clients of another source are never touched by
/// reconcile_clients.
inline constexpr std::string_view kDeclaredSource = "yaml";

/// The configuration that a registry was last made equal to.
struct RegistryGeneration {
  std::uint64_t number = 0;  ///< counts them, also across restarts; 0: no server has run on this registry
  WallTime since{};          ///< when it took effect
};

/// What reconcile_clients did. The lists hold at most kMaximumListed ids each, in order: for the log.
struct Reconciliation {
  static constexpr std::size_t kMaximumListed = 20;

  std::size_t added = 0;
  std::size_t changed = 0;
  std::size_t removed = 0;
  std::size_t unchanged = 0;
  std::size_t removed_secrets = 0;  ///< of clients that were removed, or are no longer registered for a secret
  std::vector<std::string> added_ids;
  std::vector<std::string> changed_ids;
  std::vector<std::string> removed_ids;
};

/// Reads the registry. It blocks: never on a thread that serves connections, which has the Executor. One object is used
/// by one thread at a time; each sees what was committed before its call. Errors: `temporarily_unavailable` with
/// Reason::overloaded where the store is locked, full or the disk fails; `server_error` where a stored client cannot be
/// read, which `detail` names. Every client comes with its secrets, the oldest first, also those that are over.
class ClientReader {
 public:
  ClientReader() = default;
  ClientReader(const ClientReader&) = delete;
  ClientReader& operator=(const ClientReader&) = delete;
  virtual ~ClientReader() = default;

  [[nodiscard]] virtual Result<std::optional<model::Client>> find_client(const model::ClientId& id) = 0;

  /// At most `limit` clients with an id after `after_id` (empty: from the first), ordered by id, octet by octet.
  [[nodiscard]] virtual Result<std::vector<model::Client>> list_clients(std::string_view after_id,
                                                                        std::size_t limit) = 0;

  [[nodiscard]] virtual Result<std::size_t> count_clients() = 0;
};

/// Also writes. Threads and errors as ClientReader.
class ClientStore : public ClientReader {
 public:
  /// Makes the clients of source `yaml` equal to `declared`, all of them or, on an error, none. A client that only
  /// moved to another line of the configuration counts as unchanged, but its new place is kept. The secrets of a client
  /// that stays registered for a secret stay; those of others go. `now` becomes created_at and updated_at, and begins
  /// the next generation (Store::load_generation). Errors, besides those of ClientReader: `invalid_request` where an id
  /// is declared twice, is registered under another source, or a client cannot be stored; `detail` names it.
  [[nodiscard]] virtual Result<Reconciliation> reconcile_clients(std::span<const model::Client> declared,
                                                                 WallTime now) = 0;
};

}  // namespace certbound::store
