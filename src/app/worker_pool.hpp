#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "app/generation.hpp"
#include "app/operations.hpp"
#include "audit/writer.hpp"
#include "base/metrics.hpp"
#include "gate/service.hpp"
#include "net/worker.hpp"
#include "oauth/health.hpp"
#include "oauth/service.hpp"
#include "store/client_directory.hpp"
#include "store/executor.hpp"
#include "store/seen_recorder.hpp"

namespace certbound::app {

/// `workers`, or the CPUs that this process may use.
[[nodiscard]] unsigned worker_count(const config::Config& config);

/// What the workers share; outlives them.
struct Shared {
  Shared(audit::Writer& audit_writer, store::Executor& store_executor, oauth::OcspSource& ocsp_source,
         store::SeenRecorder& seen_recorder, store::DenialRecorder& denial_recorder, oauth::DpopTools dpop_tools,
         metrics::Registry& metrics_registry, const oauth::Health& server_health)
      : audit{audit_writer},
        executor{store_executor},
        ocsp{ocsp_source},
        seen{seen_recorder},
        denials{denial_recorder},
        dpop{dpop_tools},
        registry{metrics_registry},
        health{server_health},
        session_metrics{metrics_registry},
        gate_metrics{metrics_registry},
        service_metrics{metrics_registry} {}

  audit::Writer& audit;
  store::Executor& executor;
  oauth::OcspSource& ocsp;
  store::SeenRecorder& seen;
  store::DenialRecorder& denials;
  oauth::DpopTools dpop;
  metrics::Registry& registry;
  const oauth::Health& health;
  net::SessionMetrics session_metrics;
  gate::Metrics gate_metrics;
  oauth::ServiceMetrics service_metrics;
};

/// The workers with one oauth::Service each, and how a generation reaches them.
class WorkerPool {
 public:
  /// `workers` workers, at least one.
  WorkerPool(unsigned workers, const net::Limits& limits, Shared& shared);
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;
  ~WorkerPool();

  /// Binds every listener of the configuration on every worker, and the operations listener on the first. Errors:
  /// `invalid_request`, `detail` names the address and what the system said.
  [[nodiscard]] Result<void> bind(const Generation& generation);

  /// Gives the first generation and the deny list to the services and starts the threads. Errors: `server_error`.
  [[nodiscard]] Result<void> start(const Generation& generation, const oauth::KeyDirectory::Published& keys,
                                   const std::shared_ptr<const oauth::DenyList>& denied,
                                   const std::function<void(std::string)>& on_listener_failure);

  /// What publish() gives to each worker: made before anything changes, since it can fail. Errors: `server_error`.
  using Prepared = std::vector<oauth::Service::Prepared>;
  [[nodiscard]] Result<Prepared> prepare(const std::shared_ptr<const oauth::Snapshot>& snapshot) const;

  /// The registry is about to change: oauth::Service::hold() on every worker. Returns when each holds.
  void hold();

  /// New requests and connections see `generation` and `keys`; returns when every worker has them.
  void publish(const Generation& generation, Prepared prepared, const oauth::KeyDirectory::Published& keys);

  /// New requests see a snapshot that differs in its trust stores or keys only; returns when every worker has it.
  void renew(Prepared prepared);

  /// oauth::Service::put_keys() on every worker, soon.
  void put_keys(const std::string& client_id, const std::shared_ptr<const oauth::KeySet>& keys, std::uint64_t attempt);

  /// store::ClientDirectory::forget() on every worker: its secrets have changed. Returns when each has that has not
  /// ended. After start().
  void forget_client(std::string_view client_id);

  /// Tokens are judged by `denied`; returns when every worker has it that has not ended. After start(), on any
  /// thread.
  void publish_denied(const std::shared_ptr<const oauth::DenyList>& denied);

  /// What the deny feed's URL shows, soon; null for nothing. After start(), on any thread.
  void publish_feed(const std::shared_ptr<const oauth::Document>& feed);

  /// The registry did not change after all: oauth::Service::release() on every worker.
  void release();

  /// Lets every worker drain, and waits.
  void drain();

  [[nodiscard]] std::size_t size() const { return units_.size(); }

 private:
  struct Unit {
    Unit(const net::Limits& limits, Shared& shared);
    void publish_denied(const std::shared_ptr<const oauth::DenyList>& denied);
    void publish_openers(const std::shared_ptr<const oauth::Snapshot>& snapshot);
    void publish_verifiers(const std::vector<std::shared_ptr<const gate::Published>>& published);

    store::ClientDirectory directory;
    oauth::Service service;
    std::vector<std::unique_ptr<gate::Service>> verifiers;  // in the order of the configuration
    net::Worker worker;
    std::vector<std::size_t> listeners;  // the worker's numbers of the listeners, then of the verifiers, in order
  };

  [[nodiscard]] Result<void> bind_verifiers(const Generation& generation);
  void add_verifier(const Generation& generation, std::size_t number, std::size_t worker, net::ListeningSocket socket);

  /// On the thread of each worker; returns when each has done it that has not ended.
  void do_on_each(const std::function<void(Unit& unit, std::size_t number)>& work);

  Shared& shared_;
  OperationsHandler operations_;
  std::vector<std::filesystem::path> sockets_;  // Unix sockets, to be removed at the end
  std::vector<std::unique_ptr<Unit>> units_;
};

}  // namespace certbound::app
