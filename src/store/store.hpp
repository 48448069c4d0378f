#pragma once

#include <memory>

#include "base/result.hpp"
#include "store/client_secret_store.hpp"
#include "store/client_store.hpp"
#include "store/denial_store.hpp"
#include "store/key_store.hpp"
#include "store/seen_certificate.hpp"

namespace certbound::store {

/// The registry as its one writer sees it. Outlives every reader that it made. clients(), client_secrets(), keys(),
/// seen_certificates(), denials() and load_generation() share one connection: use them from one thread at a time, and
/// never from one that serves connections.
class Store {
 public:
  Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  virtual ~Store() = default;

  [[nodiscard]] virtual ClientStore& clients() = 0;
  [[nodiscard]] virtual ClientSecretStore& client_secrets() = 0;
  [[nodiscard]] virtual KeyStore& keys() = 0;
  [[nodiscard]] virtual SeenCertificateReader& seen_certificates() = 0;
  [[nodiscard]] virtual DenialReader& denials() = 0;

  /// The generation that the last reconcile_clients() began. Errors: as ClientReader.
  [[nodiscard]] virtual Result<RegistryGeneration> load_generation() = 0;

  /// A connection of its own, for one reader thread. Errors: as ClientReader.
  [[nodiscard]] virtual Result<std::unique_ptr<ClientReader>> make_client_reader() const = 0;

  /// A connection of its own, for the thread that notes what was seen. Errors: as ClientReader.
  [[nodiscard]] virtual Result<std::unique_ptr<SeenCertificateStore>> make_seen_store() const = 0;

  /// A connection of its own, for the thread that changes denials. Errors: as ClientReader.
  [[nodiscard]] virtual Result<std::unique_ptr<DenialStore>> make_denial_store() const = 0;
};

/// The registry as a command line verb sees it, also while the daemon runs. It has no way to write and none to a
/// private key.
class ReadOnlyStore {
 public:
  ReadOnlyStore() = default;
  ReadOnlyStore(const ReadOnlyStore&) = delete;
  ReadOnlyStore& operator=(const ReadOnlyStore&) = delete;
  virtual ~ReadOnlyStore() = default;

  [[nodiscard]] virtual ClientReader& clients() = 0;
  [[nodiscard]] virtual KeyReader& keys() = 0;
  [[nodiscard]] virtual SeenCertificateReader& seen_certificates() = 0;
  [[nodiscard]] virtual DenialReader& denials() = 0;
  /// As of Store.
  [[nodiscard]] virtual Result<RegistryGeneration> load_generation() = 0;
};

}  // namespace certbound::store
