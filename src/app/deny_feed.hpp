#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/result.hpp"
#include "base/work_queue.hpp"
#include "oauth/snapshot.hpp"
#include "store/denial_store.hpp"

namespace certbound::app {

/// Keeps the deny feed of the workers up to date: made anew after each change of the denials or of what signs it, and
/// when half its life is over; never for a request, and never twice within a second, or ten times as long as the last
/// one took. One that could not be made is tried again, after a second at first. It is made on a thread of its own,
/// since a full one takes a good part of a second; the denials are read where they have changed, and kept otherwise.
class DenyFeed {
 public:
  /// Has every worker show it; null where none could be made. On the feed's thread.
  using Publish = std::function<void(const std::shared_ptr<const oauth::Document>& feed)>;
  /// Has do_what_is_due() called soon. On the feed's thread.
  using Wake = std::function<void()>;

  /// `denials` is the feed's alone. What `publish` and `wake` need outlives stop().
  DenyFeed(std::unique_ptr<store::DenialReader> denials, Publish publish, Wake wake);
  DenyFeed(const DenyFeed&) = delete;
  DenyFeed& operator=(const DenyFeed&) = delete;
  ~DenyFeed() { stop(); }

  /// From any thread: the denials are not those of the last feed. True for the first time since that was made.
  [[nodiscard]] bool note_change() { return !has_changed_.exchange(true); }

  /// Makes one on the caller's thread: at the start, before do_what_is_due() was called.
  void make_first(const std::shared_ptr<const oauth::Snapshot>& snapshot);

  /// Has one made where that is due. On the main thread. Returns how long none will be, as long as nothing changes.
  [[nodiscard]] std::chrono::milliseconds do_what_is_due(const std::shared_ptr<const oauth::Snapshot>& snapshot);

  /// Waits for one that is being made, and makes no more. May be called again, by the owner only.
  void stop() { queue_.stop(); }

 private:
  using Clock = std::chrono::steady_clock;
  using SnapshotPointer = std::shared_ptr<const oauth::Snapshot>;

  void make(const oauth::Snapshot& snapshot);
  [[nodiscard]] Result<oauth::Document> render(const oauth::Snapshot& snapshot);
  [[nodiscard]] Result<void> read_changes();
  void note_made(bool is_made, Clock::time_point began);

  std::unique_ptr<store::DenialReader> denials_;
  Publish publish_;
  Wake wake_;
  std::vector<model::Denial> known_;  // of the thread that makes it: the denials when they had changed last
  std::atomic<bool> has_changed_{true};
  std::mutex mutex_;  // guards what follows
  bool is_making_ = false;
  SnapshotPointer shown_;  // under which the last was made
  int failures_ = 0;       // in a row
  Clock::time_point not_before_{};
  Clock::time_point renew_at_{};
  WorkQueue<SnapshotPointer> queue_;  // last: its thread uses the others
};

}  // namespace certbound::app
