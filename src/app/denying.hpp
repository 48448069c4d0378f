#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>

#include "app/deny_feed.hpp"
#include "app/main_loop.hpp"
#include "app/worker_pool.hpp"
#include "base/metrics.hpp"
#include "base/result.hpp"
#include "oauth/deny_list.hpp"
#include "store/denial_recorder.hpp"
#include "store/store.hpp"

namespace certbound::app {

/// Who is denied, from the disk to the workers and to the feed: the recorder writes a change, then the next list goes
/// to every worker, then whoever asked for the change is answered.
class Denying {
 public:
  /// `pool` is filled before anybody asks the recorder for a change; it, `loop` and `store` outlive the recorder.
  /// Errors: as DenialStore.
  [[nodiscard]] static Result<std::unique_ptr<Denying>> open(store::Store& store, MainLoop& loop,
                                                             std::optional<WorkerPool>& pool,
                                                             metrics::Registry& registry);
  Denying(const Denying&) = delete;
  Denying& operator=(const Denying&) = delete;
  ~Denying() = default;

  [[nodiscard]] store::DenialRecorder& recorder() { return *recorder_; }

  /// As stored when it was opened: for the start of the workers, before anybody asks the recorder for a change.
  [[nodiscard]] const std::shared_ptr<const oauth::DenyList>& opened() const { return list_; }

  /// Has what is over forgotten, once a minute: it denies nothing any more and only takes room. Keeps the feed up to
  /// date. On the main thread. Returns how long nothing will be due.
  [[nodiscard]] std::chrono::milliseconds do_what_is_due(const std::shared_ptr<const oauth::Snapshot>& snapshot);

  /// Makes the first feed: when the workers have started, before do_what_is_due().
  void make_feed(const std::shared_ptr<const oauth::Snapshot>& snapshot) { feed_.make_first(snapshot); }

  /// Does what is queued, then ends both threads; before the workers that they publish to. May be called again.
  void stop();

 private:
  Denying(std::unique_ptr<store::DenialReader> denials, MainLoop& loop, std::optional<WorkerPool>& pool);
  void change(std::span<const model::Denial> added, std::span<const model::Denial> removed);

  MainLoop& loop_;
  std::optional<WorkerPool>& pool_;
  DenyFeed feed_;
  std::shared_ptr<const oauth::DenyList> list_;              // of the recorder's thread
  std::chrono::steady_clock::time_point next_forgetting_{};  // of the main thread
  std::unique_ptr<store::DenialRecorder> recorder_;
};

}  // namespace certbound::app
