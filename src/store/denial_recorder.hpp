#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

#include "base/metrics.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "base/work_queue.hpp"
#include "store/denial_store.hpp"
#include "store/live_denials.hpp"

namespace certbound::store {

/// The one who changes denials: takes what workers and operators ask for, writes it on a thread of its own, everything
/// that is queued in one transaction, and has it put into effect. Whoever waits is answered after both. What names the
/// same as another is one denial, and there are no more than DenialLimits say.
class DenialRecorder {
 public:
  /// What was added and what is no more, on the disk already; one that was changed is in both. Called on the recorder's
  /// thread, one call after the other; when it returns the change is in effect on every worker.
  using OnChange = std::function<void(std::span<const model::Denial> added, std::span<const model::Denial> removed)>;
  /// Called on the recorder's thread. It must not throw.
  using Done = std::function<void(Result<model::Denial> denial)>;

  /// `current`: what is stored already.
  DenialRecorder(std::unique_ptr<DenialStore> connection, std::span<const model::Denial> current, OnChange on_change,
                 metrics::Registry& registry, const DenialLimits& limits = DenialLimits{});
  DenialRecorder(const DenialRecorder&) = delete;
  DenialRecorder& operator=(const DenialRecorder&) = delete;
  ~DenialRecorder() = default;

  /// For workers: returns the denial as it is stored by then and in effect everywhere. Errors: those of DenialStore and
  /// of LiveDenials::place(); `temporarily_unavailable` with Reason::overloaded where the queue is full. Each is
  /// counted; those of LiveDenials are in the log once in ten minutes for each client.
  [[nodiscard]] Task<Result<model::Denial>> add(model::Denial denial);

  /// For operators, on any thread: `done` gets the denial as it is stored, or was before it was removed. Errors: as
  /// add(); `invalid_request` where there is none with that id, or no room.
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
  /// Counted in `live_` already, and not written yet.
  struct Placed {
    LiveDenials::Placement placement;
    Done done;
  };

  void push(Work work);
  void write(std::vector<Work>& batch);
  void place(const model::Denial& asked, const Done& done);
  void write_round();
  void take_back(const std::vector<Placed>& round);
  void write_removed(const Remove& asked, const Done& done);
  [[nodiscard]] std::size_t write_forgotten(WallTime now);
  [[nodiscard]] bool make_room(WallTime now);
  void apply(std::span<const model::Denial> added, std::span<const model::Denial> removed);
  void note_failure(const Error& error) const;
  void note_refusal(const model::Denial& asked, const Error& error);

  std::unique_ptr<DenialStore> connection_;
  OnChange on_change_;
  std::array<metrics::Gauge, std::size(model::kDenialKinds)> counts_;        // by kind
  std::array<metrics::Gauge, std::size(model::kDenialOrigins)> origins_;     // by origin
  std::array<metrics::Counter, std::size(model::kDenialOrigins)> refusals_;  // by origin
  metrics::Counter failures_;
  // Of the recorder's thread:
  LiveDenials live_;
  std::vector<Placed> round_;                   // what the next transaction writes
  std::unordered_set<std::string> round_keys_;  // of these
  std::optional<WallTime> made_room_at_;
  std::unordered_map<std::string, WallTime> told_;  // whose refusals were logged, and when
  WorkQueue<Work> queue_;                           // last: its thread uses the others
};

}  // namespace certbound::store
