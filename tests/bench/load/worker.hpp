#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "base/result.hpp"
#include "connection.hpp"
#include "options.hpp"
#include "proof_maker.hpp"
#include "request_source.hpp"
#include "tally.hpp"
#include "text_template.hpp"
#include "tls_client.hpp"

namespace certbound::load {

/// When a free connection is given its next request.
enum class Pace : std::uint8_t {
  open_all,     ///< one request on each connection, a few at a time
  closed_loop,  ///< at once
  scheduled,    ///< at its due time; where no connection is free it waits, and the wait counts as latency
};

/// One run of all workers.
struct Phase {
  Pace pace = Pace::closed_loop;
  std::atomic<std::uint64_t> requests_left{0};
  double rate_per_worker = 0;        ///< of a scheduled phase, per second
  Instant end = Instant::max();      ///< no request begins after it
  Instant cut = Instant::max();      ///< whatever is under way is given up
  std::atomic<bool> was_cut{false};  ///< by `cut`, or by too many faults
};

/// One thread's share of the connections. Used by one thread at a time.
class Worker {
 public:
  /// The number `index` of `count` workers, with its share of `connections`. `options` must outlive the worker. Errors:
  /// `invalid_request` for files, `server_error` for the system.
  struct Place {
    std::size_t index = 0;
    std::size_t count = 1;
    std::size_t connections = 1;
  };
  [[nodiscard]] static Result<std::unique_ptr<Worker>> make(const Options& options, const Place& place);

  /// Returns when nothing is left to begin and nothing is under way. Never longer than until `phase.cut`.
  void run(Phase& phase);

  [[nodiscard]] Tally& tally() { return tally_; }

  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker();

 private:
  Worker(const Options& options, const Place& place, std::unique_ptr<ProofMaker> maker);
  void begin_phase(Phase& phase);
  [[nodiscard]] bool may_begin(Instant now);
  void begin_free(Instant now);
  void begin(Connection& connection, Instant now, Instant due);
  void drive(Connection& connection, Connection::Progress progress);
  void finish_answer(Connection& connection);
  void finish_fault(Connection& connection, Fault fault, const std::string& detail);
  void release(Connection& connection);
  void wait_for_events();
  void end_overdue(Instant now);
  void give_up();
  [[nodiscard]] Fault check_answer(const Connection& connection) const;
  [[nodiscard]] bool holds_texts(const Connection& connection) const;

  const Options& options_;
  std::unique_ptr<TlsClient> tls_;     // null without TLS
  std::unique_ptr<ProofMaker> maker_;  // of source_
  RequestSource source_;
  std::vector<TextTemplate> contains_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::deque<Connection*> free_;
  Tally tally_;
  Phase* phase_ = nullptr;
  Instant phase_begin_{};
  Instant next_sweep_{};
  std::uint64_t scheduled_ = 0;  // requests of this phase begun so far
  std::size_t busy_ = 0;
  int epoll_ = -1;
  bool is_exhausted_ = false;  // nothing is left to begin
};

}  // namespace certbound::load
