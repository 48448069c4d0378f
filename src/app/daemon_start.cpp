#include <csignal>
#include <unistd.h>
#include <utility>

#include <nlohmann/json.hpp>

#include "app/build_snapshot.hpp"
#include "app/daemon_state.hpp"
#include "app/deny_commands.hpp"
#include "app/probes.hpp"
#include "app/report.hpp"
#include "app/secret_commands.hpp"
#include "base/log.hpp"
#include "store/open.hpp"

namespace certbound::app {

Result<void> Daemon::State::open_state(const config::Config& config) {
  if (auto prepared = prepare_state_dir(config.state_dir); !prepared) return prepared;
  auto locked = StateDirLock::acquire(config.state_dir);
  if (!locked) return std::move(locked).error();
  lock.emplace(*std::move(locked));
  auto opened = store::open_store(config.state_dir, wall_now());
  if (!opened) return std::move(opened).error();
  store = *std::move(opened);
  auto readers = store::make_executor(*store, store::ExecutorOptions{});
  if (!readers) return std::move(readers).error();
  executor = *std::move(readers);
  auto seen_store = store->make_seen_store();
  if (!seen_store) return std::move(seen_store).error();
  seen = std::make_unique<store::SeenRecorder>(*std::move(seen_store), registry);
  auto opened_denying = Denying::open(*store, *loop, pool, registry);
  if (!opened_denying) return std::move(opened_denying).error();
  denying = *std::move(opened_denying);
  const auto last = store->load_generation();
  if (!last) return last.error();
  const auto history = last->number == 0 ? UsedProofs::History::none : UsedProofs::History::some;
  auto used = UsedProofs::open(config.state_dir, config.limits.replay_entries, registry, wall_now(), history);
  if (!used) return std::move(used).error();
  used_proofs = *std::move(used);
  verifier_proofs =
      std::make_shared<gate::ProofMemory>(&wall_now, gate::ProofMemory::kCapacity, used_proofs->accepted_after());
  auto writer = audit::Writer::open(config.state_dir / config.audit.file, config.audit, registry);
  if (!writer) return std::move(writer).error();
  audit = *std::move(writer);
  log_audit_head(*audit, "audit_opened");
  add_probes(health, *audit, *executor);
  return {};
}

Result<void> Daemon::State::start(Checked checked) {
  named = std::move(checked.named);
  if (auto opened = open_state(*checked.config); !opened) return opened;
  const unsigned workers = worker_count(*checked.config);
  for (unsigned i = 0; i < workers; ++i) {
    auto library = crypto::make_library_context();
    if (!library) return std::move(library).error();
    libraries.push_back(*std::move(library));
  }
  auto opened_keys = open_key_rotation(store->keys(), checked.materials->key_encryption_key, registry,
                                       [this](SnapshotKeys changed) { return prepare_keys(std::move(changed)); });
  if (!opened_keys) return std::move(opened_keys).error();
  token_keys.emplace(*std::move(opened_keys));
  auto plan = token_keys->plan(make_key_policy(*checked.config));
  if (!plan) return std::move(plan).error();
  auto generation = make_next(std::move(checked), *plan);
  if (!generation) return std::move(generation).error();
  open_fetching(generation->config, generation->materials.fetch);
  auto key_plan = fetching->keys().prepare(generation->config.clients);
  shared.emplace(*audit, *executor, fetching->ocsp(), *seen, denying->recorder(), used_proofs->tools(), registry,
                 health);
  pool.emplace(workers, generation->config.limits, *shared);
  if (auto bound = pool->bind(*generation); !bound) return bound;
  if (auto opened = open_control(generation->config.state_dir); !opened) return opened;
  // After these: a start that fails for a taken port leaves the registry as it is.
  auto reconciled = store->clients().reconcile_clients(generation->config.clients, wall_now());
  if (!reconciled) return std::move(reconciled).error();
  log_reconciliation(*reconciled);
  if (auto stored = token_keys->store(*std::move(plan)); !stored) return stored;
  if (auto encrypted = token_keys->protect_all(); !encrypted) return encrypted;
  fetching->keys().begin(std::move(key_plan));
  auto started =
      pool->start(*generation, fetching->keys().published(), denying->opened(), [this](const std::string& detail) {
        log::error("listener_failed", {{"detail", detail}});
        has_listener_failed = true;
        ::kill(::getpid(), SIGTERM);
      });
  if (!started) return started;
  token_keys->note_published();
  show(*generation);
  current = *std::move(generation);
  show_crl_dates();
  fetching->keys().finish();
  fetching->crls().follow(current->materials.crl_urls);
  release_declarations(current->config);
  config_watch.emplace(*loop, registry);
  config_watch->follow(std::move(named), read_at);
  // Before anybody hears that the server is ready.
  denying->make_feed(current->snapshot);
  announce();
  look_at_ends();
  return {};
}

/// Requests wait until the main loop runs.
Result<void> Daemon::State::open_control(const std::filesystem::path& state_dir) {
  add_deny_commands(commands, {denying->recorder(), store->denials(), *audit});
  add_secret_commands(commands, {store->client_secrets(), *audit, [this](std::string_view client_id) {
                                   pool->forget_client(client_id);
                                   secret_watch.show(store->client_secrets());
                                 }});
  commands.add("keys.rotate", [this](const nlohmann::json& arguments) {
    return token_keys->rotate(make_key_policy(current->config), arguments);
  });
  auto started = control::Server::start(
      state_dir, [this](std::function<void()> action) { loop->post(std::move(action)); },
      [this](std::string_view line, const control::Peer& peer) { return commands.answer(line, peer); });
  if (!started) return std::move(started).error();
  control = *std::move(started);
  return {};
}

void Daemon::State::open_fetching(const config::Config& config, std::shared_ptr<const fetch::Settings> settings) {
  CrlFetcher::OnNew on_new = [this](const CopyId& id, const Crls& before, const Crls& now) {
    return take_crls(id, before, now);
  };
  KeyFetcher::OnAttempt on_keys = [this](const std::string& client_id, const std::shared_ptr<const oauth::KeySet>& keys,
                                         std::uint64_t attempt) { pool->put_keys(client_id, keys, attempt); };
  fetching.emplace(config.state_dir, std::move(settings), *loop, registry, std::move(on_new), std::move(on_keys));
}

}  // namespace certbound::app
