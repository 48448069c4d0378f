#include "cli/registry.hpp"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <utility>

#include "app/report.hpp"
#include "cli/output.hpp"
#include "config/load.hpp"
#include "store/open.hpp"

namespace certbound::cli {

namespace {

constexpr std::size_t kPage = 1000;

}  // namespace

Result<std::optional<model::Client>> Registry::find_client(const model::ClientId& id) const {
  if (store) return store->clients().find_client(id);
  const auto found = std::find_if(config.clients.begin(), config.clients.end(),
                                  [&id](const model::Client& client) { return client.client_id == id; });
  if (found == config.clients.end()) return std::optional<model::Client>{};
  return std::optional<model::Client>{*found};
}

Result<std::optional<store::SeenCertificate>> Registry::find_seen(const model::ClientId& id) const {
  if (!store) return std::optional<store::SeenCertificate>{};
  return store->seen_certificates().find_seen(id);
}

Result<std::vector<store::SeenCertificate>> Registry::list_ending(WallTime end) const {
  if (!store) return std::vector<store::SeenCertificate>{};
  return store->seen_certificates().list_ending(end, std::numeric_limits<std::size_t>::max());
}

Result<std::vector<model::Denial>> Registry::load_denials() const {
  if (!store) return std::vector<model::Denial>{};
  return store::load_denials(store->denials());
}

Result<std::optional<store::RegistryGeneration>> Registry::load_generation() const {
  if (!store) return std::optional<store::RegistryGeneration>{};
  const auto generation = store->load_generation();
  if (!generation) return generation.error();
  return generation->number == 0 ? std::nullopt : std::optional{*generation};
}

Result<std::vector<model::Client>> Registry::list_clients() const {
  if (!store) {
    std::vector<model::Client> clients = config.clients;
    std::sort(clients.begin(), clients.end(),
              [](const model::Client& a, const model::Client& b) { return a.client_id.text() < b.client_id.text(); });
    return clients;
  }
  std::vector<model::Client> all;
  for (;;) {
    auto page = store->clients().list_clients(all.empty() ? "" : all.back().client_id.text(), kPage);
    if (!page) return std::move(page).error();
    const bool is_last = page->size() < kPage;
    std::move(page->begin(), page->end(), std::back_inserter(all));
    if (is_last) return all;
  }
}

OpenedRegistry open_registry(const Arguments& arguments) {
  OpenedRegistry opened;
  const std::filesystem::path file = configuration_path(arguments);
  config::Loaded loaded = config::load(file);
  if (!loaded.config) {
    app::report_problems(loaded.problems);
    opened.status = status_of_invalid(file);
    return opened;
  }
  Registry registry;
  registry.config = *std::move(loaded.config);
  std::error_code error;
  if (std::filesystem::exists(registry.config.state_dir / store::kDatabaseName, error)) {
    auto store = store::open_store_read_only(registry.config.state_dir);
    if (!store) {
      opened.status = fail(ExitStatus::could_not_run, store.error());
      return opened;
    }
    registry.store = *std::move(store);
  } else if (error) {
    opened.status = fail(ExitStatus::could_not_run, registry.config.state_dir.string() + ": " + error.message());
    return opened;
  }
  opened.registry = std::move(registry);
  return opened;
}

}  // namespace certbound::cli
