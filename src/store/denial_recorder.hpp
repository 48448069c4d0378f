#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <variant>
#include <vector>

#include "base/metrics.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "base/work_queue.hpp"
#include "store/denial_store.hpp"

namespace certbound::store {

/// The one who changes denials: takes what workers and operators ask for, writes it on a thread of its own, everything
/// that is queued in one transaction, and has it put into effect. Whoever waits is answered after both.
class DenialRecorder {
 public:
  /// What was added and what is no more, on the disk already. Called on the recorder's thread, one call after the
  /// other; when it returns the change is in effect on every worker.
  using OnChange = std::function<void(std::span<const model::Denial> added, std::span<const model::Denial> removed)>;
  /// Called on the recorder's thread. It must not throw.
  using Done = std::function<void(Result<model::Denial> denial)>;

  /// How many denials there may be for workers to add another: beyond that they are refused, so that a client that
  /// revokes without end fills no disk. Operators may go on.
  static constexpr std::size_t kMostDenials = 1'000'000;

  /// `current`: what is stored already, for counting.
  DenialRecorder(std::unique_ptr<DenialStore> connection, std::span<const model::Denial> current, OnChange on_change,
                 metrics::Registry& registry);
  DenialRecorder(const DenialRecorder&) = delete;
  DenialRecorder& operator=(const DenialRecorder&) = delete;
  ~DenialRecorder() = default;

  /// For workers: returns when `denial` is on the disk and in effect everywhere. Errors: those of DenialStore;
  /// `temporarily_unavailable` with Reason::overloaded where the queue is full or there are kMostDenials already.
  [[nodiscard]] Task<Result<void>> add(model::Denial denial);

  /// For workers: the same without waiting. What cannot be written is logged and counted.
  void note(model::Denial denial);

  /// For operators, on any thread: `done` gets the denial as it was stored, or was before it was removed. Errors: as
  /// add(); `invalid_request` where there is none with that id.
  void add(model::Denial denial, Done done);
  void remove(std::uint64_t id, Done done);

  /// Removes what is over at `now`. Any thread; does not wait.
  void forget(WallTime now);

  /// Does what is queued, then ends the thread. May be called again, by the owner only.
  void stop() { queue_.stop(); }

 private:
  struct Forget {
    WallTime now;
  };
  struct Remove {
    std::uint64_t id;
  };
  struct Work {
    std::variant<model::Denial, Remove, Forget> what;
    Done done;
  };

  void push(Work work);
  void write(std::vector<Work>& batch);
  void write_added(std::vector<Work>& batch);
  void write_removed(Work& work, const Remove& asked);
  void write_forgotten(const Forget& asked);
  void apply(std::span<const model::Denial> added, std::span<const model::Denial> removed);
  void note_failure(const Error& error) const;

  std::unique_ptr<DenialStore> connection_;
  OnChange on_change_;
  std::array<metrics::Gauge, std::size(model::kDenialKinds)> counts_;  // by kind
  metrics::Counter failures_;
  std::atomic<std::size_t> count_;
  WorkQueue<Work> queue_;  // last: its thread uses the others
};

}  // namespace certbound::store
