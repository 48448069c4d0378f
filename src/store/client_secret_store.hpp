#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/client.hpp"

namespace certbound::store {

/// How many secrets of a client may be valid at a time, the declared one among them: the one in use, and the one that
/// takes its place.
inline constexpr std::size_t kMostSecrets = 2;

/// A secret with the client that has it.
struct OwnedSecret {
  std::string client_id;
  model::ClientSecret secret;
  [[nodiscard]] bool operator==(const OwnedSecret&) const = default;
};

/// Who authenticates how, and which secrets end. What the secrets of one client are, ClientReader says. Threads and
/// errors as ClientReader.
class ClientSecretReader {
 public:
  /// How many clients are registered for each method, in the order of model::kAuthMethods.
  using MethodCounts = std::array<std::size_t, std::size(model::kAuthMethods)>;

  ClientSecretReader() = default;
  ClientSecretReader(const ClientSecretReader&) = delete;
  ClientSecretReader& operator=(const ClientSecretReader&) = delete;
  virtual ~ClientSecretReader() = default;

  [[nodiscard]] virtual Result<MethodCounts> count_methods() = 0;

  /// At most `limit` ids of clients that are registered for a secret, in their order.
  [[nodiscard]] virtual Result<std::vector<std::string>> list_secret_clients(std::size_t limit) = 0;

  /// At most `limit` of those that are valid at `now` and end before `end`, the first to end first, equal ends by id.
  [[nodiscard]] virtual Result<std::vector<OwnedSecret>> list_ending_secrets(WallTime now, WallTime end,
                                                                             std::size_t limit) = 0;

  /// How many list_ending_secrets() would have without a limit.
  [[nodiscard]] virtual Result<std::size_t> count_ending_secrets(WallTime now, WallTime end) = 0;
};

/// Also writes. Threads and errors as ClientReader. What a function changed is on the disk when it returns.
class ClientSecretStore : public ClientSecretReader {
 public:
  /// Adds `secret`, whose times are whole seconds, and returns it with an id that no secret had before. Those of the
  /// client that are over at its created_at are gone then. Errors, besides those of ClientReader: `invalid_request`,
  /// `detail` for the operator, where the client is not registered or has no room (check_secret_room()).
  [[nodiscard]] virtual Result<model::ClientSecret> add_secret(const model::ClientId& id,
                                                               model::ClientSecret secret) = 0;

  /// The one that is no more; nothing where the client has none with that id.
  [[nodiscard]] virtual Result<std::optional<model::ClientSecret>> remove_secret(const model::ClientId& id,
                                                                                 std::uint64_t secret) = 0;
};

/// May the client have one more secret at `now`? Shared by every store, so that they refuse alike. Errors:
/// `invalid_request`, `detail` for the operator: another method, or kMostSecrets are valid, which it names.
[[nodiscard]] Result<void> check_secret_room(const model::Client& client, WallTime now);

/// `id` is not registered.
[[nodiscard]] Error no_such_client(const model::ClientId& id);

[[nodiscard]] inline bool is_over(const model::ClientSecret& secret, WallTime now) {
  return secret.expires_at && *secret.expires_at <= now;
}

}  // namespace certbound::store
