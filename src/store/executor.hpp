#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "base/result.hpp"
#include "base/task.hpp"
#include "model/client.hpp"

namespace certbound::store {

class ClientReader;
class Store;

/// How the registry is read.
struct ExecutorOptions {
  ExecutorOptions() = default;

  unsigned readers = 2;                          ///< threads, each with a connection of its own
  std::size_t queue_length = 1024;               ///< lookups that wait, over all readers; one more is refused
  std::chrono::milliseconds longest_wait{5000};  ///< a lookup that no reader began by then is refused
};

/// The registry as threads that serve connections may name it: nothing here blocks. Its threads do. find_client may be
/// called on any thread.
///
/// Every lookup ends: no later than the longest wait in the queue and one read after it, whatever blocks the readers.
///
/// A suspended coroutine belongs to its lookup: stop the Executor before an io_context goes whose coroutines wait here.
class Executor {
 public:
  using Found = Result<std::optional<model::Client>>;

  /// One thread for each of `readers`, at least one.
  Executor(std::vector<std::unique_ptr<ClientReader>> readers, std::size_t queue_length,
           std::chrono::milliseconds longest_wait = ExecutorOptions().longest_wait);
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;
  /// As stop().
  ~Executor();

  /// Reads one client, as of a moment after the call. The coroutine is suspended, then resumed on its own executor,
  /// whose io_context is kept running until then. Errors: those of ClientReader; `temporarily_unavailable` with
  /// Reason::overloaded where the queue is full, the lookup waited there too long, or the Executor is stopped.
  [[nodiscard]] Task<Found> find_client(model::ClientId id);

  /// No lookup is begun from `time` on; those that wait then are refused, each when a reader comes to it. For a drain,
  /// so that it ends one read after its time whatever blocks the readers. Any thread; does not wait.
  void refuse_from(std::chrono::steady_clock::time_point time);

  /// Refuses new lookups, answers those that wait with an error, ends the threads. May be called again, by the owner
  /// only.
  void stop();

  /// Lookups that wait: for metrics.
  [[nodiscard]] std::size_t queued() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// An Executor over connections of `store`, which outlives it. Errors: as Store::make_client_reader.
[[nodiscard]] Result<std::unique_ptr<Executor>> make_executor(const Store& store, ExecutorOptions options);

}  // namespace certbound::store
