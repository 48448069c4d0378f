#include "app/daemon.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <optional>
#include <unistd.h>
#include <utility>

#include <nlohmann/json.hpp>

#include "app/build_snapshot.hpp"
#include "app/config_watch.hpp"
#include "app/crl_watch.hpp"
#include "app/deny_commands.hpp"
#include "app/denying.hpp"
#include "app/ending_watch.hpp"
#include "app/fetching.hpp"
#include "app/generation_gauges.hpp"
#include "app/key_rotation.hpp"
#include "app/main_loop.hpp"
#include "app/probes.hpp"
#include "app/reload_check.hpp"
#include "app/report.hpp"
#include "app/sd_notify.hpp"
#include "app/state_dir.hpp"
#include "app/used_proofs.hpp"
#include "app/version.hpp"
#include "app/worker_pool.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "control/commands.hpp"
#include "control/server.hpp"
#include "store/open.hpp"

namespace certbound::app {

namespace {

/// The longest wait for a time of the wall clock.
constexpr std::chrono::minutes kClockInterval{1};

}  // namespace

struct Daemon::State {
  explicit State(std::filesystem::path configuration) : file{std::move(configuration)} {}
  [[nodiscard]] Result<void> start(Checked checked);
  [[nodiscard]] Result<void> open_state(const config::Config& config);
  [[nodiscard]] Result<void> open_control(const std::filesystem::path& state_dir);
  void announce();
  void wait();
  [[nodiscard]] std::chrono::milliseconds do_what_is_due();
  void look_at_ends() { ending_watch.look(store->seen_certificates(), current->materials.certificates); }
  void reload();
  [[nodiscard]] std::optional<std::string> try_reload();
  void stop();
  void show(const Generation& published);
  void show_crl_dates();
  void open_fetching(const config::Config& config, std::shared_ptr<const fetch::Settings> settings);
  bool take_crls(const CopyId& id, const Crls& before, const Crls& now);
  /// Of the generation in use.
  [[nodiscard]] long long number() const { return static_cast<long long>(current->snapshot->generation); }
  [[nodiscard]] Result<Generation> make_next(Checked checked, const KeyRing::Plan& keys);
  [[nodiscard]] Result<KeyRotation::Publish> prepare_keys(SnapshotKeys keys);

  std::filesystem::path file;
  std::optional<MainLoop> loop;  // before the threads that post to it
  metrics::Registry registry;
  oauth::Health health;
  GenerationGauges gauges{registry};
  std::atomic<bool> has_listener_failed{false};   // written by a worker before it raises SIGTERM
  std::vector<crypto::LibraryContext> libraries;  // before the workers: what their peers present lives in these
  const std::shared_ptr<gate::ProofMemory> verifier_proofs = std::make_shared<gate::ProofMemory>();
  std::optional<StateDirLock> lock;
  control::Commands commands;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<store::Executor> executor;
  std::unique_ptr<store::SeenRecorder> seen;
  std::unique_ptr<Denying> denying;
  std::unique_ptr<UsedProofs> used_proofs;
  std::unique_ptr<audit::Writer> audit;
  std::optional<Fetching> fetching;
  std::optional<Shared> shared;
  std::optional<WorkerPool> pool;  // its workers ask those before
  std::optional<Generation> current;
  std::optional<KeyRotation> token_keys;
  CrlWatch crl_watch;
  EndingWatch ending_watch{registry};
  std::optional<ConfigWatch> config_watch;
  FileWatch::FileTime read_at{};             // when reading the first configuration began
  std::unique_ptr<control::Server> control;  // its commands are about those before
  config::NamedFiles named;                  // by the configuration that was read last, until config_watch has it
};

Daemon::Daemon(std::filesystem::path configuration) : state_{std::make_unique<State>(std::move(configuration))} {}
Daemon::~Daemon() = default;

ExitStatus Daemon::run() {
  const sigset_t signals = block_signals();
  auto loop = MainLoop::make(signals);
  if (!loop) {
    (void)std::fprintf(stderr, "certbound: %s\n", loop.error().detail.c_str());
    return ExitStatus::could_not_run;
  }
  state_->loop.emplace(*std::move(loop));
  state_->read_at = FileWatch::file_now();
  Checked checked = check_configuration(
      state_->file, wall_now(), [](const std::filesystem::path& state_dir) { return find_in_copies(state_dir); });
  if (!checked.is_valid()) {
    report_problems(checked.problems);
    return ExitStatus::invalid_configuration;
  }
  log::start(log_options(checked.config->log));
  log::info("starting", {{"version", version_text()}, {"configuration", state_->file.string()}});
  log_problems(checked.problems);
  auto started = state_->start(std::move(checked));
  if (!started) {
    log::error("start_failed", {{"detail", started.error().detail}});
    state_->stop();
    log::stop();
    return ExitStatus::could_not_run;
  }
  state_->wait();
  state_->stop();
  log::info("stopped", {});
  log::stop();
  return state_->has_listener_failed ? ExitStatus::could_not_run : ExitStatus::done;
}

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
  auto used = UsedProofs::open(config.state_dir, config.limits.replay_entries, registry, wall_now());
  if (!used) return std::move(used).error();
  used_proofs = *std::move(used);
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

/// Under the number that reconciling the registry with it begins.
Result<Generation> Daemon::State::make_next(Checked checked, const KeyRing::Plan& keys_then) {
  const auto last = store->load_generation();
  if (!last) return last.error();
  return make_generation(std::move(checked), {keys_then.snapshot_keys(), libraries, verifier_proofs}, last->number + 1);
}

Result<KeyRotation::Publish> Daemon::State::prepare_keys(SnapshotKeys changed) {
  auto snapshot = replace_keys(*current->snapshot, std::move(changed));
  if (!snapshot) return std::move(snapshot).error();
  auto prepared = pool->prepare(*snapshot);
  if (!prepared) return std::move(prepared).error();
  return KeyRotation::Publish{[this, renewed = *std::move(snapshot), prepared = *std::move(prepared)] {
    pool->renew(prepared);
    current->snapshot = renewed;
  }};
}

void Daemon::State::show(const Generation& published) {
  health.set_generation(published.snapshot->generation);
  gauges.show(published, store->clients());
}

void Daemon::State::show_crl_dates() {
  show_crls(registry, current->materials.crls);
  crl_watch = CrlWatch{current->materials.crls, wall_now()};
}

void Daemon::State::announce() {
  health.set_ready(true);
  log::info("ready", {{"issuer", current->config.issuer},
                      {"generation", number()},
                      {"workers", pool->size()},
                      {"clients", gauges.clients()},
                      {"trust_stores", current->materials.trust_stores.size()}});
  notify_systemd("READY=1\nSTATUS=" + std::to_string(gauges.clients()) + " clients, " +
                 std::to_string(current->materials.trust_stores.size()) + " trust stores, TLS certificate expires " +
                 to_rfc3339(current->materials.server.chain.front().not_after()));
}

void Daemon::State::wait() {
  const MainLoop::OnSignal on_signal = [this](int number) { number == SIGHUP ? reload() : loop->stop(); };
  loop->run(on_signal, [this] { return do_what_is_due(); });
}

/// Returns how long nothing will be due.
std::chrono::milliseconds Daemon::State::do_what_is_due() {
  using std::chrono::milliseconds;
  crl_watch.warn_of_expired(wall_now());
  if (std::chrono::steady_clock::now() >= ending_watch.next_look()) look_at_ends();
  if (const auto changed = config_watch->take_due()) {
    log::info("files_changed", {{"name", *changed}});
    reload();
  }
  const auto to_keys = token_keys->do_due(make_key_policy(current->config));
  auto quiet = std::chrono::duration_cast<milliseconds>(ending_watch.next_look() - std::chrono::steady_clock::now());
  quiet = std::min(quiet, denying->do_what_is_due(current->snapshot));
  if (to_keys) quiet = std::min(quiet, *to_keys);
  if (const auto to_change = config_watch->until_due()) quiet = std::min(quiet, *to_change);
  // The wall clock may be set meanwhile, so it is asked again now and then.
  const auto expiry = crl_watch.next_expiry();
  return expiry ? std::min({quiet, milliseconds{*expiry - wall_now()}, milliseconds{kClockInterval}}) : quiet;
}

void Daemon::State::open_fetching(const config::Config& config, std::shared_ptr<const fetch::Settings> settings) {
  CrlFetcher::OnNew on_new = [this](const CopyId& id, const Crls& before, const Crls& now) {
    return take_crls(id, before, now);
  };
  KeyFetcher::OnAttempt on_keys = [this](const std::string& client_id, const std::shared_ptr<const oauth::KeySet>& keys,
                                         std::uint64_t attempt) { pool->put_keys(client_id, keys, attempt); };
  fetching.emplace(config.state_dir, std::move(settings), *loop, registry, std::move(on_new), std::move(on_keys));
}

/// On the main thread, as a reload is: the two never meet. False where they could not be put to use.
bool Daemon::State::take_crls(const CopyId& id, const Crls& before, const Crls& now) {
  auto renewed = replace_crls(*current, id, before, now);
  auto prepared = pool->prepare(renewed.snapshot);
  if (!prepared) {
    log::error("crl_not_taken", {{"name", id.shown()}, {"detail", prepared.error().detail}});
    return false;
  }
  pool->renew(*std::move(prepared));
  current->snapshot = std::move(renewed.snapshot);
  current->materials.trust_stores = current->snapshot->trust_stores;
  current->materials.crls = std::move(renewed.watched);
  show_crl_dates();
  return true;
}

void Daemon::State::reload() {
  notify_reloading();
  const FileWatch::FileTime since = config_watch->begin();
  const auto failure = try_reload();
  if (failure) {
    config_watch->follow_also(std::exchange(named, {}), since);
  } else {
    config_watch->follow(std::exchange(named, {}), since);
  }
  health.set_reload_failed(failure.has_value());
  if (failure) {
    gauges.set_reload_failed();
    log::error("reload_failed", {{"generation", number()}, {"detail", *failure}});
    notify_systemd("READY=1\nSTATUS=the last reload failed: " + *failure);
    return;
  }
  log::info("reloaded", {{"generation", number()}});
  notify_systemd("READY=1\nSTATUS=generation " + std::to_string(number()));
}

/// Everything is built and tried first; then the registry takes the clients in one transaction, while lookups wait;
/// then the workers take the rest.
std::optional<std::string> Daemon::State::try_reload() {
  // Before all else: whatever becomes of the configuration, a file that was rotated is written to no more.
  if (const auto reopened = audit->reopen(); !reopened) return reopened.error().detail;
  Checked checked = check_configuration(
      file, wall_now(), [this](const std::filesystem::path& /*state_dir*/) { return fetching->crls().finder(); });
  named = std::move(checked.named);
  log_problems(checked.problems);
  if (!checked.is_valid()) {
    return std::to_string(count_errors(checked.problems)) + " problems in the configuration; nothing was changed";
  }
  if (const auto keys = keys_that_need_restart(current->config, *checked.config); !keys.empty()) {
    return join(keys, ", ") + ": a change of this needs a restart; nothing was changed";
  }
  // What is due under the old policy is done, so that the plan holds only what the new one needs.
  (void)token_keys->do_due(make_key_policy(current->config));
  auto plan = token_keys->plan(make_key_policy(*checked.config));
  if (!plan) return plan.error().detail;
  auto generation = make_next(std::move(checked), *plan);
  if (!generation) return generation.error().detail;
  auto prepared = pool->prepare(generation->snapshot);
  if (!prepared) return prepared.error().detail;
  auto key_plan = fetching->keys().prepare(generation->config.clients);
  if (const auto stored = token_keys->store(*std::move(plan)); !stored) return stored.error().detail;
  pool->hold();
  const auto reconciled = store->clients().reconcile_clients(generation->config.clients, wall_now());
  if (!reconciled) {
    pool->release();
    return reconciled.error().detail;
  }
  fetching->publish(generation->materials.fetch);
  fetching->ocsp().forget_all_but_revoked();
  fetching->keys().begin(std::move(key_plan));
  pool->publish(*generation, *std::move(prepared), fetching->keys().published());
  token_keys->note_published();
  fetching->keys().finish();
  log_reconciliation(*reconciled);
  log::start(log_options(generation->config.log));
  show(*generation);
  current = *std::move(generation);
  show_crl_dates();
  fetching->crls().follow(current->materials.crl_urls);
  fetching->crls().refetch();
  release_declarations(current->config);
  return std::nullopt;
}

void Daemon::State::stop() {
  control.reset();
  health.set_draining();
  notify_systemd("STOPPING=1");
  log::info("stopping", {});
  // Whoever still waits for the registry when the drain is over is answered, not waited for.
  if (executor && current) {
    executor->refuse_from(std::chrono::steady_clock::now() + current->config.limits.drain_timeout);
  }
  if (pool) pool->drain();
  if (fetching) fetching->stop();
  if (executor) executor->stop();
  if (denying) denying->stop();  // before the workers that it publishes to
  pool.reset();
  shared.reset();
  if (used_proofs) used_proofs->close();
  if (audit) log_audit_head(*audit, "audit_closed");
  fetching.reset();
  seen.reset();  // after the last request: writes what is queued
  denying.reset();
  executor.reset();
}

}  // namespace certbound::app
