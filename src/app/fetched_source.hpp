#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "app/fetched_copies.hpp"
#include "app/main_loop.hpp"
#include "base/work_queue.hpp"
#include "fetch/refresher.hpp"

namespace certbound::app {

/// What is done off the fetch thread: examining what has come, and writing it down.
using FetchWork = WorkQueue<std::function<void()>>;

/// A queue for it. What a piece of work throws is logged.
[[nodiscard]] std::unique_ptr<FetchWork> make_fetch_work();

/// What every source works with; all of it outlives the sources.
struct FetchTools {
  fetch::Client& client;
  FetchWork& work;
  MainLoop& loop;
  const FetchedCopies& copies;
};

/// Removes the copies of that kind but these, after what was begun before: on the queue's thread.
void forget_others(const FetchTools& tools, CopyId::Kind kind, std::set<std::string> file_names);

struct SourcePlan {
  CopyId id;
  fetch::RefreshPlan refresh;  ///< its on_attempt is the source's
  /// Is this content to be used? On the thread of the work queue, one at a time.
  std::function<fetch::Refresher::Examined(const fetch::Outcome& outcome)> examine;
  /// The attempt of that number, counted from 1, has ended; if it brought something, examine() has said so before. On
  /// the main thread.
  std::function<void(std::uint64_t attempt)> tell;
};

/// One URL that is kept current: what comes is examined and written to the state directory on the queue's thread, and
/// each attempt is told to the main thread. Made and destroyed on the main thread; when the destructor returns neither
/// examine() nor tell() is called any more.
class FetchedSource {
 public:
  FetchedSource(const FetchTools& tools, SourcePlan plan, std::optional<fetch::LastGood> seed);
  FetchedSource(const FetchedSource&) = delete;
  FetchedSource& operator=(const FetchedSource&) = delete;
  ~FetchedSource();

  /// As fetch::Refresher. Any thread.
  fetch::Refresher::Refetch refetch_now() { return refresher_->refetch_now(); }
  /// How many attempts have ended; whoever then finds none under way has them all. Any thread.
  [[nodiscard]] std::uint64_t attempts() const;

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
  std::optional<fetch::Refresher> refresher_;
};

}  // namespace certbound::app
