#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/config_watch.hpp"
#include "app/crl_watch.hpp"
#include "app/daemon.hpp"
#include "app/denying.hpp"
#include "app/ending_watch.hpp"
#include "app/fetching.hpp"
#include "app/generation_gauges.hpp"
#include "app/key_rotation.hpp"
#include "app/main_loop.hpp"
#include "app/secret_watch.hpp"
#include "app/state_dir.hpp"
#include "app/used_proofs.hpp"
#include "app/worker_pool.hpp"
#include "control/commands.hpp"
#include "control/server.hpp"

namespace certbound::app {

/// What a daemon has, in the order in which it is made: what comes later uses what came before. All of it is the main
/// thread's, but for what says otherwise. Started by daemon_start.cpp; run, reloaded and stopped by daemon.cpp.
struct Daemon::State {
  explicit State(std::filesystem::path configuration) : file{std::move(configuration)} {}
  [[nodiscard]] Result<void> start(Checked checked);
  [[nodiscard]] Result<void> open_state(const config::Config& config);
  [[nodiscard]] Result<void> open_control(const std::filesystem::path& state_dir);
  void announce();
  void wait();
  [[nodiscard]] std::chrono::milliseconds do_what_is_due();
  void look_at_ends();
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
  std::shared_ptr<gate::ProofMemory> verifier_proofs;
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
  SecretWatch secret_watch{registry};
  std::optional<ConfigWatch> config_watch;
  FileWatch::FileTime read_at{};             // when reading the first configuration began
  std::unique_ptr<control::Server> control;  // its commands are about those before
  config::NamedFiles named;                  // by the configuration that was read last, until config_watch has it
};

}  // namespace certbound::app
