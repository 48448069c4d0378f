#include "app/daemon.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <optional>
#include <utility>

#include "app/build_snapshot.hpp"
#include "app/daemon_state.hpp"
#include "app/reload_check.hpp"
#include "app/report.hpp"
#include "app/sd_notify.hpp"
#include "app/version.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace certbound::app {

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
  secret_watch.show(store->client_secrets());
}

void Daemon::State::look_at_ends() {
  ending_watch.look(store->seen_certificates(), current->materials.certificates);
  secret_watch.look(store->client_secrets(), std::chrono::steady_clock::now());
}

void Daemon::State::show_crl_dates() {
  show_crls(registry, current->materials.crls);
  crl_watch = CrlWatch{current->materials.crls, wall_now()};
}

void Daemon::State::announce() {
  health.set_ready(true);
  report_ready(*current, pool->size(), gauges.clients());
}

void Daemon::State::wait() {
  const MainLoop::OnSignal on_signal = [this](int number) { number == SIGHUP ? reload() : loop->stop(); };
  loop->run(on_signal, [this] { return do_what_is_due(); });
}

/// Returns how long nothing will be due.
std::chrono::milliseconds Daemon::State::do_what_is_due() {
  using std::chrono::milliseconds;
  constexpr std::chrono::minutes kClockInterval{1};  // the longest wait for a time of the wall clock
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
  if (used_proofs) used_proofs->close(verifier_proofs->latest());
  if (audit) log_audit_head(*audit, "audit_closed");
  fetching.reset();
  seen.reset();  // after the last request: writes what is queued
  denying.reset();
  executor.reset();
}

}  // namespace certbound::app
