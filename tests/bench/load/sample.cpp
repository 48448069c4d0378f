#include "sample.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <memory>
#include <thread>
#include <vector>

#include "usage.hpp"
#include "worker.hpp"

namespace certbound::load {

namespace {

using std::chrono::steady_clock;
using Workers = std::vector<std::unique_ptr<Worker>>;

constexpr std::size_t kFirstIdleConnections = 16;
/// How long a server gets to put away what handshakes left behind.
constexpr std::chrono::milliseconds kSettle{700};
constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

/// What the machine, the server and this process have used at one moment.
struct Reading {
  Instant time{};
  MachineUsage machine;
  ServerUsage server;
  std::uint64_t own_cpu_ns = 0;
};

Result<Reading> read_usage(const std::vector<pid_t>& processes) {
  Reading reading;
  auto server = read_server_usage(processes);
  if (!server) return std::move(server).error();
  auto machine = read_machine_usage();
  if (!machine) return std::move(machine).error();
  reading.server = *std::move(server);
  reading.machine = *machine;
  reading.own_cpu_ns = read_own_cpu();
  reading.time = steady_clock::now();
  return reading;
}

Instant cut_time(const Options& options) {
  return steady_clock::now() + std::chrono::duration_cast<steady_clock::duration>(options.max_time);
}

Result<Workers> make_workers(const Options& options, std::size_t connections) {
  Workers workers;
  const std::size_t count = std::min(options.threads, connections);
  for (std::size_t i = 0; i < count; ++i) {
    auto worker = Worker::make(options, {.index = i, .count = count, .connections = connections});
    if (!worker) return std::move(worker).error();
    workers.push_back(*std::move(worker));
  }
  return workers;
}

/// Runs the phase on all workers and returns what they counted in it.
Tally run_phase(Workers& workers, Phase& phase) {
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < workers.size(); ++i)
    threads.emplace_back([&workers, &phase, i] { workers[i]->run(phase); });
  workers.front()->run(phase);
  for (auto& thread : threads) thread.join();
  Tally sum;
  for (const auto& worker : workers) {
    sum.merge(worker->tally());
    worker->tally().clear();
  }
  return sum;
}

/// Opens every connection of a kept-alive run, then the warm-up.
bool run_before(const Options& options, Workers& workers, Instant cut, Tally& tally) {
  Phase open{.pace = Pace::open_all, .cut = cut};
  if (options.mode != Mode::new_connection) tally.merge(run_phase(workers, open));
  Phase warmup{.pace = Pace::closed_loop, .requests_left = options.warmup, .cut = cut};
  if (!open.was_cut && options.warmup > 0) tally.merge(run_phase(workers, warmup));
  return !open.was_cut && !warmup.was_cut;
}

void note_usage(Sample& sample, const Reading& begin, const Reading& end) {
  sample.seconds = std::chrono::duration<double>(end.time - begin.time).count();
  sample.server_cpu_ns = cpu_between(begin.server, end.server);
  sample.own_cpu_ns = end.own_cpu_ns - begin.own_cpu_ns;
  sample.rss_before_kib = begin.server.rss_kib;
  sample.rss_after_kib = end.server.rss_kib;
  const double total = sample.seconds * 1e9 * end.machine.cpus;
  const auto busy = static_cast<double>(end.machine.busy_ns - begin.machine.busy_ns);
  sample.server_share = static_cast<double>(sample.server_cpu_ns) / total;
  sample.own_share = static_cast<double>(sample.own_cpu_ns) / total;
  sample.others_share = std::max(0.0, busy / total - sample.server_share - sample.own_share);
}

Result<void> run_load(const Options& options, const std::vector<pid_t>& processes, Sample& sample) {
  auto workers = make_workers(options, options.connections);
  if (!workers) return std::move(workers).error();
  const Instant cut = cut_time(options);
  if (!run_before(options, *workers, cut, sample.before)) {
    sample.was_cut = true;
    return {};
  }
  const auto begin = read_usage(processes);
  if (!begin) return Error{begin.error()};
  Phase phase{.requests_left = options.requests == 0 ? kNoLimit : options.requests, .cut = cut};
  if (options.requests == 0) {
    phase.end = begin->time + std::chrono::duration_cast<steady_clock::duration>(options.duration);
  }
  if (options.rate > 0) phase.pace = Pace::scheduled;
  phase.rate_per_worker = options.rate / static_cast<double>(workers->size());
  sample.tally = run_phase(*workers, phase);
  sample.was_cut = phase.was_cut;
  const auto end = read_usage(processes);
  if (!end) return Error{end.error()};
  note_usage(sample, *begin, *end);
  return {};
}

Result<void> run_idle(const Options& options, const std::vector<pid_t>& processes, Sample& sample) {
  auto first = make_workers(options, std::min(kFirstIdleConnections, options.connections));
  auto workers = make_workers(options, options.connections);
  if (!first || !workers) return std::move(first ? workers : first).error();
  const Instant cut = cut_time(options);
  // What the first connections of all cost once (tables, arenas) is not the price of one more.
  Phase opening{.pace = Pace::open_all, .cut = cut};
  sample.before = run_phase(*first, opening);
  std::this_thread::sleep_for(kSettle);
  const auto begin = read_usage(processes);
  if (!begin) return Error{begin.error()};
  Phase phase{.pace = Pace::open_all, .cut = cut};
  sample.tally = run_phase(*workers, phase);
  sample.was_cut = opening.was_cut || phase.was_cut;
  std::this_thread::sleep_for(kSettle);
  const auto end = read_usage(processes);
  if (!end) return Error{end.error()};
  note_usage(sample, *begin, *end);
  const auto growth = static_cast<double>(sample.rss_after_kib) - static_cast<double>(sample.rss_before_kib);
  sample.idle_kib = growth / static_cast<double>(options.connections);
  return {};
}

}  // namespace

Result<Sample> take_sample(const Options& options) {
  Sample sample;
  auto processes = find_server_processes(options.server_pids);
  if (!processes) return std::move(processes).error();
  sample.has_server = !processes->empty();
  sample.server_processes = processes->size();
  auto done =
      options.mode == Mode::idle ? run_idle(options, *processes, sample) : run_load(options, *processes, sample);
  if (!done) return std::move(done).error();
  return sample;
}

}  // namespace certbound::load
