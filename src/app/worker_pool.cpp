#include "app/worker_pool.hpp"

#include <future>
#include <utility>

#include "app/cpu_count.hpp"
#include "app/token_judges.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "net/descriptor_limit.hpp"
#include "net/unix_listener.hpp"

namespace certbound::app {

unsigned worker_count(const config::Config& config) { return config.workers == 0 ? usable_cpus() : config.workers; }

WorkerPool::Unit::Unit(const net::Limits& limits, Shared& shared)
    : directory{shared.executor},
      service{
          directory,     shared.ocsp, shared.seen, shared.denials, shared.dpop, shared.audit, shared.service_metrics,
          shared.health, &wall_now},
      worker{limits, shared.session_metrics} {}

void WorkerPool::Unit::publish_verifiers(const std::vector<std::shared_ptr<const gate::Published>>& published) {
  for (std::size_t i = 0; i < verifiers.size(); ++i) verifiers[i]->publish(published[i]);
}

void WorkerPool::Unit::publish_denied(const std::shared_ptr<const oauth::DenyList>& denied) {
  service.publish_denied(denied);
  for (const auto& verifier : verifiers) verifier->publish_denied(make_denial_check(denied));
}

void WorkerPool::Unit::publish_openers(const std::shared_ptr<const oauth::Snapshot>& snapshot) {
  for (const auto& verifier : verifiers) verifier->publish_opener(make_opener(snapshot));
}

WorkerPool::WorkerPool(unsigned workers, const net::Limits& limits, Shared& shared)
    : shared_{shared}, operations_{shared.registry, shared.health} {
  const net::Limits fitting = net::fit_descriptors(limits, workers);
  for (unsigned i = 0; i < workers; ++i) units_.push_back(std::make_unique<Unit>(fitting, shared_));
}

/// All of them before the first is bound: addresses of one port may overlap, as [::] and 0.0.0.0 do.
static Result<void> probe_addresses(const config::Config& config) {
  for (const auto& listener : config.listeners) {
    if (auto probed = net::probe_listener(listener.address); !probed) return probed;
  }
  for (const auto& verifier : config.verifiers) {
    if (verifier.is_local()) continue;
    if (auto probed = net::probe_listener(verifier.address); !probed) return probed;
  }
  return config.operations.address == "none" ? Result<void>{} : net::probe_listener(config.operations.address);
}

Result<void> WorkerPool::bind(const Generation& generation) {
  const config::Config& config = generation.config;
  if (auto probed = probe_addresses(config); !probed) return probed;
  for (std::size_t i = 0; i < config.listeners.size(); ++i) {
    // The first worker takes a free port where 0 was asked for; the others share it.
    std::string address = config.listeners[i].address;
    for (std::size_t number = 0; number < units_.size(); ++number) {
      auto socket = net::bind_listener(address);
      if (!socket) return std::move(socket).error();
      address = socket->address();
      Unit& unit = *units_[number];
      unit.listeners.push_back(unit.worker.add_listener(*std::move(socket), generation.tls[number][i], unit.service,
                                                        net::Audience::clients));
    }
    log::info("listening", {{"listener", address}, {"address", address}, {"scheme", "https"}});
  }
  if (auto bound = bind_verifiers(generation); !bound) return bound;
  if (config.operations.address == "none") return {};
  auto socket = net::bind_listener(config.operations.address);
  if (!socket) return std::move(socket).error();
  const std::string address = socket->address();
  static_cast<void>(
      units_.front()->worker.add_listener(*std::move(socket), nullptr, operations_, net::Audience::operators));
  log::info("listening", {{"listener", "operations"}, {"address", address}, {"scheme", "http"}});
  return {};
}

WorkerPool::~WorkerPool() {
  for (const std::filesystem::path& path : sockets_) net::remove_unix_listener(path);
}

Result<void> WorkerPool::bind_verifiers(const Generation& generation) {
  for (std::size_t i = 0; i < generation.config.verifiers.size(); ++i) {
    const gate::Options& options = generation.config.verifiers[i];
    const std::filesystem::path path = options.is_local() ? options.address.substr(net::kUnixPrefix.size()) : "";
    auto first =
        options.is_local() ? net::bind_unix_listener(path, options.socket_mode) : net::bind_listener(options.address);
    if (!first) return std::move(first).error();
    if (options.is_local()) sockets_.push_back(path);
    const std::string address = first->address();
    // The other workers accept from the same queue of a Unix socket, and from one of their own of a port.
    for (std::size_t number = 1; number < units_.size(); ++number) {
      auto socket = options.is_local() ? first->duplicate() : net::bind_listener(address);
      if (!socket) return std::move(socket).error();
      add_verifier(generation, i, number, *std::move(socket));
    }
    add_verifier(generation, i, 0, *std::move(first));
    log::info("listening",
              {{"listener", "verifier"}, {"address", address}, {"scheme", options.is_local() ? "http" : "https"}});
  }
  return {};
}

void WorkerPool::add_verifier(const Generation& generation, std::size_t number, std::size_t worker,
                              net::ListeningSocket socket) {
  Unit& unit = *units_[worker];
  unit.verifiers.push_back(std::make_unique<gate::Service>(shared_.gate_metrics));
  const std::size_t context = generation.config.listeners.size() + number;
  unit.listeners.push_back(unit.worker.add_listener(std::move(socket), generation.tls[worker][context],
                                                    *unit.verifiers.back(), net::Audience::clients));
}

Result<void> WorkerPool::start(const Generation& generation, const oauth::KeyDirectory::Published& keys,
                               const std::shared_ptr<const oauth::DenyList>& denied,
                               const std::function<void(std::string)>& on_listener_failure) {
  auto prepared = prepare(generation.snapshot);
  if (!prepared) return std::move(prepared).error();
  for (std::size_t number = 0; number < units_.size(); ++number) {
    units_[number]->service.publish(std::move((*prepared)[number]));
    units_[number]->service.publish_keys(keys);
    units_[number]->publish_verifiers(generation.verifiers[number]);
    units_[number]->publish_openers(generation.snapshot);
    units_[number]->publish_denied(denied);
  }
  for (const auto& unit : units_) unit->worker.start(on_listener_failure);
  return {};
}

Result<WorkerPool::Prepared> WorkerPool::prepare(const std::shared_ptr<const oauth::Snapshot>& snapshot) const {
  Prepared prepared;
  for (std::size_t number = 0; number < units_.size(); ++number) {
    auto made = oauth::Service::prepare(snapshot);
    if (!made) return std::move(made).error();
    prepared.push_back(*std::move(made));
  }
  return prepared;
}

void WorkerPool::do_on_each(const std::function<void(Unit& unit, std::size_t number)>& work) {
  std::vector<std::future<void>> done;
  for (std::size_t number = 0; number < units_.size(); ++number) {
    auto task = std::make_shared<std::packaged_task<void()>>(
        [&work, unit = units_[number].get(), number] { work(*unit, number); });
    auto future = task->get_future();
    if (units_[number]->worker.post([task] { (*task)(); })) done.push_back(std::move(future));
  }
  for (std::future<void>& future : done) future.get();
}

void WorkerPool::hold() {
  do_on_each([](Unit& unit, std::size_t) { unit.service.hold(); });
}

void WorkerPool::publish(const Generation& generation, Prepared prepared, const oauth::KeyDirectory::Published& keys) {
  do_on_each([&generation, &prepared, &keys](Unit& unit, std::size_t number) {
    unit.service.publish(std::move(prepared[number]));
    unit.service.publish_keys(keys);
    unit.publish_verifiers(generation.verifiers[number]);
    unit.publish_openers(generation.snapshot);
    const std::vector<net::TlsContext>& tls = generation.tls[number];
    for (std::size_t i = 0; i < tls.size(); ++i) unit.worker.publish_tls(unit.listeners[i], tls[i]);
  });
}

void WorkerPool::renew(Prepared prepared) {
  do_on_each([&prepared](Unit& unit, std::size_t number) {
    // What is verified stays known where the keys are the same.
    for (const auto& verifier : unit.verifiers) verifier->replace_keys(prepared[number]->snapshot->jwks.body);
    unit.publish_openers(prepared[number]->snapshot);
    unit.service.renew(std::move(prepared[number]));
  });
}

void WorkerPool::put_keys(const std::string& client_id, const std::shared_ptr<const oauth::KeySet>& keys,
                          std::uint64_t attempt) {
  for (const auto& unit : units_) {
    unit->worker.post(
        [service = &unit->service, client_id, keys, attempt] { service->put_keys(client_id, keys, attempt); });
  }
}

void WorkerPool::forget_client(std::string_view client_id) {
  do_on_each([client_id](Unit& unit, std::size_t) { unit.directory.forget(client_id); });
}

void WorkerPool::publish_denied(const std::shared_ptr<const oauth::DenyList>& denied) {
  do_on_each([&denied](Unit& unit, std::size_t) { unit.publish_denied(denied); });
}

void WorkerPool::publish_feed(const std::shared_ptr<const oauth::Document>& feed) {
  for (const auto& unit : units_) {
    unit->worker.post([service = &unit->service, feed] { service->publish_feed(feed); });
  }
}

void WorkerPool::release() {
  do_on_each([](Unit& unit, std::size_t) { unit.service.release(); });
}

void WorkerPool::drain() {
  for (const auto& unit : units_) unit->worker.drain();
  for (const auto& unit : units_) unit->worker.join();
}

}  // namespace certbound::app
