#include "audit/writer.hpp"

#include <atomic>
#include <chrono>
#include <future>
#include <optional>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "audit/chained_file.hpp"
#include "base/log.hpp"
#include "base/waiter.hpp"
#include "base/work_queue.hpp"

namespace certbound::audit {

namespace {

// Twice the sessions of two full workers; a queue longer than that only adds waiting.
constexpr std::size_t kQueuedRecords = 32768;

/// How far the noted head may be behind the log. To note it costs as much as a record: with this, next to nothing.
constexpr std::chrono::milliseconds kHeadInterval{10};

Error audit_error(std::string detail) {
  return {ErrorCode::temporarily_unavailable, Reason::audit_unavailable, "the server cannot answer now; try again",
          std::move(detail)};
}

/// A line that waits for the disk, and the coroutine or the thread that waits for the line.
struct Waiting {
  Waiting(std::string text, Waiter<bool> coroutine) : line{std::move(text)}, waiter{std::move(coroutine)} {}
  Waiting(std::string text, std::promise<bool> thread) : line{std::move(text)}, waiter{std::move(thread)} {}

  void tell(bool is_written) {
    if (auto* coroutine = std::get_if<Waiter<bool>>(&waiter)) {
      coroutine->resume(is_written);
    } else {
      std::get<std::promise<bool>>(waiter).set_value(is_written);
    }
  }

  std::string line;
  std::variant<Waiter<bool>, std::promise<bool>> waiter;
};

}  // namespace

struct Writer::State {
  explicit State(metrics::Registry& registry)
      : records{registry.counter("certbound_audit_records_total", "Audit records written")},
        failures{registry.counter("certbound_audit_failures_total", "Audit records that could not be written")} {}

  /// Notes how a write of `count` records ended.
  bool note(const std::optional<std::string>& failure, std::size_t count) {
    failed_at.store(failure ? std::chrono::steady_clock::now() : kNever, std::memory_order_relaxed);
    if (failure) {
      failures.increment(static_cast<double>(count));
      log::error("audit_write_failed", {{"detail", *failure}});
    } else {
      records.increment(static_cast<double>(count));
    }
    return !failure;
  }

  void write_batch(std::vector<Waiting>& batch) {
    std::vector<std::string> lines;
    lines.reserve(batch.size());
    for (Waiting& waiting : batch) lines.push_back(std::move(waiting.line));
    const bool is_written = note(file->append(lines), batch.size());
    for (Waiting& waiting : batch) waiting.tell(is_written);
  }

  /// Called under the file's lock. Where there is no room somebody was asked already.
  void ask_for_head() { (void)heads->push(0); }

  metrics::Counter records;
  metrics::Counter failures;
  static constexpr std::chrono::steady_clock::time_point kNever{};
  std::atomic<std::chrono::steady_clock::time_point> failed_at{kNever};  // the last write, where that failed
  std::unique_ptr<ChainedFile> file;
  // Last, since their threads use the others.
  std::optional<WorkQueue<int>> heads;      // with Durability::kernel only
  std::optional<WorkQueue<Waiting>> queue;  // with Durability::fsync only
};

Writer::Writer(std::unique_ptr<State> state) : state_{std::move(state)} {}
Writer::~Writer() = default;

Result<std::unique_ptr<Writer>> Writer::open(const std::filesystem::path& file, const Options& options,
                                             metrics::Registry& registry, Disk& disk) {
  const metrics::Gauge head_seq =
      registry.gauge("certbound_audit_head_seq", "The number of the last record of the audit log's chain");
  auto state = std::make_unique<State>(registry);
  ChainedFileOptions file_options{options.durability, options.rotate_size, &wall_now, {}};
  if (options.durability == Durability::kernel) {
    file_options.on_head_behind = [target = state.get()] { target->ask_for_head(); };
  }
  auto opened = ChainedFile::open(file, file_options, head_seq, disk);
  if (!opened) return std::move(opened).error();
  state->file = *std::move(opened);
  if (options.durability == Durability::kernel) {
    state->heads.emplace(2, [target = state.get()](std::vector<int>& /*batch*/) {
      std::this_thread::sleep_for(kHeadInterval);  // a rate, not a wait for something
      target->file->note_head();
    });
  }
  // Without room on the disk the server starts all the same, and says that it is not ready.
  (void)state->note(state->file->append({}), 0);
  state->file->note_head();
  if (options.durability == Durability::fsync) {
    state->queue.emplace(kQueuedRecords,
                         [target = state.get()](std::vector<Waiting>& batch) { target->write_batch(batch); });
  }
  return std::unique_ptr<Writer>{new Writer{std::move(state)}};
}

/// Hands the line to the thread; the coroutine goes on when it is on the disk.
static Task<bool> write_and_sync(WorkQueue<Waiting>& queue, std::string line) {
  const auto start = [&queue, &line](Waiter<bool> waiter) {
    Waiting waiting{std::move(line), std::move(waiter)};
    // NOLINTNEXTLINE(bugprone-use-after-move): what was not pushed is untouched
    if (!queue.push(std::move(waiting))) waiting.tell(false);
  };
  co_return co_await suspend_until_resumed<bool>(start);
}

Task<Result<void>> Writer::record(const Event& event) {
  std::string line = render_event(event);
  bool is_written = false;
  if (state_->queue) {
    is_written = co_await write_and_sync(*state_->queue, std::move(line));
  } else {
    is_written = state_->note(state_->file->append({&line, 1}), 1);
  }
  if (!is_written) co_return audit_error("the audit record was not written");
  co_return Result<void>{};
}

Result<void> Writer::record(const DenialChange& change) { return record_line(render_denial(change)); }
Result<void> Writer::record(const SecretChange& change) { return record_line(render_secret_change(change)); }

Result<void> Writer::record_line(std::string line) {
  bool is_written = false;
  if (state_->queue) {
    std::promise<bool> promise;
    auto written = promise.get_future();
    is_written = state_->queue->push({std::move(line), std::move(promise)}) && written.get();
  } else {
    is_written = state_->note(state_->file->append({&line, 1}), 1);
  }
  if (!is_written) return audit_error("the audit record was not written");
  return {};
}

Result<void> Writer::reopen() {
  if (auto reopened = state_->file->reopen(); !reopened) return reopened;
  (void)state_->note(state_->file->append({}), 0);
  return {};
}

Head Writer::head() const { return state_->file->head(); }

bool Writer::is_healthy(std::chrono::steady_clock::time_point now) const {
  const auto failed_at = state_->failed_at.load(std::memory_order_relaxed);
  return failed_at == State::kNever || now - failed_at >= kRetryAfter;
}

}  // namespace certbound::audit
