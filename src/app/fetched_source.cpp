#include "app/fetched_source.hpp"

#include <atomic>
#include <exception>
#include <mutex>
#include <utility>
#include <vector>

#include "base/log.hpp"

namespace certbound::app {

namespace {

/// Contents and statuses that wait; one more is refused, and fetched again later.
constexpr std::size_t kWaiting = 4096;

void do_work(std::vector<std::function<void()>>& batch) {
  for (std::function<void()>& work : batch) {
    try {
      work();
    } catch (const std::exception& exception) {
      log::error("fetch_work_failed", {{"detail", exception.what()}});
    }
    work = nullptr;  // what it holds may be large
  }
}

void log_unwritten(const CopyId& id, const Result<void>& written) {
  if (!written) log::warning("fetched_copy_not_written", {{"name", id.shown()}, {"detail", written.error().detail}});
}

}  // namespace

std::unique_ptr<FetchWork> make_fetch_work() { return std::make_unique<FetchWork>(kWaiting, &do_work); }

void forget_others(const FetchTools& tools, CopyId::Kind kind, std::set<std::string> file_names) {
  const auto forget = [&copies = tools.copies, kind, names = std::move(file_names)] {
    const auto removed = copies.keep_only(kind, names);
    if (!removed) log::warning("fetched_copies_not_removed", {{"detail", removed.error().detail}});
  };
  // The next reload removes what stays now.
  if (!tools.work.push(forget)) log::warning("fetched_copies_not_removed", {{"detail", "too much waits"}});
}

/// What outlives the source: work that was begun before its end.
struct FetchedSource::Shared {
  Shared(const FetchTools& fetch_tools, SourcePlan source_plan) : tools{fetch_tools}, plan{std::move(source_plan)} {}

  /// On the queue's thread.
  fetch::Refresher::Examined examine(const fetch::Outcome& outcome) {
    const std::lock_guard lock{mutex};
    if (is_ended) return invalid_input("not wanted any more");
    try {
      auto examined = plan.examine(outcome);
      if (examined) log_unwritten(plan.id, tools.copies.store(plan.id, outcome, examined->taken));
      return examined;
    } catch (const std::exception& exception) {
      return internal_error(exception.what());
    }
  }

  void write_status(const fetch::RefreshStatus& status) {
    const std::lock_guard lock{mutex};
    if (!is_ended) log_unwritten(plan.id, tools.copies.store_status(plan.id, status));
  }

  const FetchTools tools;
  const SourcePlan plan;
  std::atomic<std::uint64_t> attempts{0};
  std::mutex mutex;       // held while examine() runs
  bool is_ended = false;  // guarded by it where other threads read it
};

FetchedSource::FetchedSource(const FetchTools& tools, SourcePlan plan, std::optional<fetch::LastGood> seed)
    : shared_{std::make_shared<Shared>(tools, std::move(plan))} {
  fetch::RefreshPlan refresh = shared_->plan.refresh;
  refresh.name = shared_->plan.id.shown();
  refresh.on_attempt = [shared = shared_](const fetch::RefreshStatus& status) {
    const std::uint64_t attempt = ++shared->attempts;
    // A status that finds no room is followed by the next one.
    (void)shared->tools.work.push([shared, status] { shared->write_status(status); });
    shared->tools.loop.post([shared, attempt] {
      if (!shared->is_ended) shared->plan.tell(attempt);
    });
  };
  fetch::Refresher::UseLater use = [shared = shared_](const std::shared_ptr<const fetch::Outcome>& outcome,
                                                      const fetch::Refresher::Answer& answer) {
    const bool is_taken = shared->tools.work.push([shared, outcome, answer] { answer(shared->examine(*outcome)); });
    if (!is_taken) answer(invalid_input("too much waits to be examined"));
  };
  refresher_.emplace(tools.client, std::move(refresh), std::move(use), std::move(seed));
}

std::uint64_t FetchedSource::attempts() const { return shared_->attempts; }

FetchedSource::~FetchedSource() {
  const std::lock_guard lock{shared_->mutex};
  shared_->is_ended = true;
}

}  // namespace certbound::app
