#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/result.hpp"
#include "cli/verb.hpp"
#include "config/config.hpp"
#include "model/client.hpp"
#include "store/store.hpp"

namespace certbound::cli {

/// What a verb that looks at the registry works with: the configuration, and the registry as the daemon sees it. Where
/// the daemon has never run there is no registry yet; then the configuration's own clients stand in, and `is_live` is
/// false.
struct Registry {
  config::Config config;
  std::unique_ptr<store::ReadOnlyStore> store;

  [[nodiscard]] bool is_live() const { return store != nullptr; }

  /// Errors: as ClientReader.
  [[nodiscard]] Result<std::optional<model::Client>> find_client(const model::ClientId& id) const;
  /// The certificate with which the client last authenticated; nothing where the server has not run. Errors: as
  /// ClientReader.
  [[nodiscard]] Result<std::optional<store::SeenCertificate>> find_seen(const model::ClientId& id) const;
  /// Those that end before `end`, the first to end first. Errors: as ClientReader.
  [[nodiscard]] Result<std::vector<store::SeenCertificate>> list_ending(WallTime end) const;
  /// What is out of service; nothing where the server has not run. Errors: as DenialReader.
  [[nodiscard]] Result<std::vector<model::Denial>> load_denials() const;
  /// The configuration that the server has taken last; nothing where it has not run. Errors: as ClientReader.
  [[nodiscard]] Result<std::optional<store::RegistryGeneration>> load_generation() const;
  /// All, ordered by client_id. Errors: as ClientReader.
  [[nodiscard]] Result<std::vector<model::Client>> list_clients() const;
};

struct OpenedRegistry {
  std::optional<Registry> registry;
  ExitStatus status = ExitStatus::done;  ///< where there is none: answer_is_no for an invalid configuration (its
                                         ///< problems were printed), could_not_run where a file cannot be read
};

/// Opens none of the files that the configuration names but those of its clients.
[[nodiscard]] OpenedRegistry open_registry(const Arguments& arguments);

}  // namespace certbound::cli
