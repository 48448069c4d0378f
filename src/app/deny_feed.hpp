#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "oauth/snapshot.hpp"
#include "store/denial_store.hpp"

namespace certbound::app {

/// Keeps the deny feed of the workers up to date: made anew after each change of the denials or of what signs it, and
/// when half its life is over; never for a request, and never twice within a second, or ten times as long as the last
/// one took. On the main thread but for note_change().
class DenyFeed {
 public:
  /// Has every worker show it; null where none could be made.
  using Publish = std::function<void(const std::shared_ptr<const oauth::Document>& feed)>;

  /// `denials` and what `publish` needs outlive it.
  DenyFeed(store::DenialReader& denials, Publish publish) : denials_{denials}, publish_{std::move(publish)} {}

  /// From any thread: the denials are not those of the last feed. True for the first time since that was made.
  [[nodiscard]] bool note_change() { return !has_changed_.exchange(true); }

  /// Makes one where that is due. Returns how long none will be, as long as nothing changes.
  [[nodiscard]] std::chrono::milliseconds do_what_is_due(const std::shared_ptr<const oauth::Snapshot>& snapshot);

 private:
  void make(const oauth::Snapshot& snapshot);

  store::DenialReader& denials_;
  Publish publish_;
  std::atomic<bool> has_changed_{true};
  std::shared_ptr<const oauth::Snapshot> shown_;  // under which the last was made
  std::chrono::steady_clock::time_point not_before_{};
  std::chrono::steady_clock::time_point renew_at_{};
};

}  // namespace certbound::app
