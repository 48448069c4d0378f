#include "audit/writer.hpp"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <mutex>
#include <optional>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/file.hpp"
#include "base/log.hpp"
#include "base/work_queue.hpp"

namespace certbound::audit {

namespace {

namespace asio = boost::asio;

// Twice the sessions of two full workers; a queue longer than that only adds waiting.
constexpr std::size_t kQueuedRecords = 32768;

Error audit_error(std::string detail) {
  return {ErrorCode::temporarily_unavailable, Reason::audit_unavailable, "the server cannot answer now; try again",
          std::move(detail)};
}

/// A coroutine that waits, and the worker on which it goes on.
class Waiter {
 public:
  template <typename Handler>
  explicit Waiter(Handler handler)
      : worker_{asio::prefer(asio::any_io_executor{asio::get_associated_executor(handler)},
                             asio::execution::outstanding_work.tracked)},
        handler_{std::move(handler)} {}

  void resume(bool is_written) {
    asio::post(worker_, [handler = std::move(handler_), is_written]() mutable { std::move(handler)(is_written); });
  }

 private:
  asio::any_io_executor worker_;  // tracked: the worker's loop does not end before its coroutine has gone on
  asio::any_completion_handler<void(bool)> handler_;
};

/// A line that waits for the disk, and the coroutine that waits for the line.
struct Waiting {
  Waiting(std::string text, Waiter coroutine) : line{std::move(text)}, waiter{std::move(coroutine)} {}
  std::string line;
  Waiter waiter;
};

/// A lock that is held for the microseconds of one write: whoever waits tries again for about as long before sleeping,
/// since to be woken costs more than the write. Meets BasicLockable.
class BriefLock {
 public:
  BriefLock() = default;
  BriefLock(const BriefLock&) = delete;
  BriefLock& operator=(const BriefLock&) = delete;
  ~BriefLock() { pthread_mutex_destroy(&mutex_); }
  void lock() { pthread_mutex_lock(&mutex_); }
  void unlock() { pthread_mutex_unlock(&mutex_); }

 private:
  ::pthread_mutex_t mutex_ = PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP;
};

/// The open file. Every function holds the lock, so that lines of two workers never mix.
class AuditFile {
 public:
  /// What open_path() found.
  struct Opened {
    int descriptor = -1;
    bool ends_in_half_a_line = false;
  };

  AuditFile(std::filesystem::path path, const Opened& opened)
      : path_{std::move(path)}, descriptor_{opened.descriptor}, is_torn_{opened.ends_in_half_a_line} {}
  AuditFile(const AuditFile&) = delete;
  AuditFile& operator=(const AuditFile&) = delete;
  ~AuditFile() { ::close(descriptor_); }

  [[nodiscard]] static Result<Opened> open_path(const std::filesystem::path& path) {
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (descriptor < 0) return invalid_input(path.string() + ": cannot open: " + system_error_text(errno));
    struct stat status {};
    char last = '\n';
    if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
      ::close(descriptor);
      return invalid_input(path.string() + ": not a regular file");
    }
    if (status.st_size > 0 && ::pread(descriptor, &last, 1, status.st_size - 1) != 1) {
      const std::string why = system_error_text(errno);
      ::close(descriptor);
      return invalid_input(path.string() + ": cannot read: " + why);
    }
    return Opened{descriptor, last != '\n'};
  }

  /// All of `lines` or, where the disk is full, none: half a line would spoil the next one. Half a line that is there
  /// all the same, after a power cut, is ended first.
  [[nodiscard]] std::optional<std::string> append(std::string_view lines) {
    const std::lock_guard lock{mutex_};
    if (!is_torn_) return write_all(lines);
    const std::string apart = "\n" + std::string{lines};
    auto failure = write_all(apart);
    if (!failure) is_torn_ = false;
    return failure;
  }

  [[nodiscard]] std::optional<std::string> sync() {
    const std::lock_guard lock{mutex_};
    if (::fdatasync(descriptor_) == 0) return std::nullopt;
    return path_.string() + ": " + system_error_text(errno);
  }

  [[nodiscard]] Result<void> reopen() {
    // Before the look at its end: where it is the same file, a record that is being written would pass for half a line.
    const std::lock_guard lock{mutex_};
    const auto opened = open_path(path_);
    if (!opened) return opened.error();
    ::close(std::exchange(descriptor_, opened->descriptor));
    is_torn_ = opened->ends_in_half_a_line;
    return {};
  }

 private:
  [[nodiscard]] std::optional<std::string> write_all(std::string_view text) {
    for (;;) {
      const ssize_t count = ::write(descriptor_, text.data(), text.size());
      if (count == static_cast<ssize_t>(text.size())) return std::nullopt;
      if (count < 0 && errno == EINTR) continue;
      const std::string why = path_.string() + ": " + (count < 0 ? system_error_text(errno) : "the disk is full");
      struct stat status {};
      if (count <= 0) return why;
      if (::fstat(descriptor_, &status) == 0 && ::ftruncate(descriptor_, status.st_size - count) == 0) return why;
      is_torn_ = true;
      return why + ", and half a record could not be taken back";
    }
  }

  const std::filesystem::path path_;
  BriefLock mutex_;
  int descriptor_;
  bool is_torn_;  // the file ends in half a line
};

}  // namespace

struct Writer::State {
  State(const std::filesystem::path& path, const AuditFile::Opened& opened, metrics::Registry& registry)
      : file{path, opened},
        records{registry.counter("certbound_audit_records_total", "Audit records written")},
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
    std::string lines;
    for (const Waiting& waiting : batch) lines += waiting.line;
    auto failure = file.append(lines);
    if (!failure) failure = file.sync();
    const bool is_written = note(failure, batch.size());
    for (Waiting& waiting : batch) waiting.waiter.resume(is_written);
  }

  AuditFile file;
  metrics::Counter records;
  metrics::Counter failures;
  static constexpr std::chrono::steady_clock::time_point kNever{};
  std::atomic<std::chrono::steady_clock::time_point> failed_at{kNever};  // the last write, where that failed
  std::optional<WorkQueue<Waiting>> queue;  // with Durability::fsync only; last, since its thread uses the others
};

Writer::Writer(std::unique_ptr<State> state) : state_{std::move(state)} {}
Writer::~Writer() = default;

Result<std::unique_ptr<Writer>> Writer::open(const std::filesystem::path& file, Durability durability,
                                             metrics::Registry& registry) {
  const auto opened = AuditFile::open_path(file);
  if (!opened) return opened.error();
  auto state = std::make_unique<State>(file, *opened, registry);
  if (durability == Durability::fsync) {
    state->queue.emplace(kQueuedRecords,
                         [target = state.get()](std::vector<Waiting>& batch) { target->write_batch(batch); });
  }
  return std::unique_ptr<Writer>{new Writer{std::move(state)}};
}

/// Hands the line to the thread; the coroutine goes on when it is on the disk.
static asio::awaitable<bool> write_and_sync(WorkQueue<Waiting>& queue, std::string line) {
  auto initiate = [&queue, &line](auto handler) {
    Waiting waiting{std::move(line), Waiter{std::move(handler)}};
    // NOLINTNEXTLINE(bugprone-use-after-move): what was not pushed is untouched
    if (!queue.push(std::move(waiting))) waiting.waiter.resume(false);
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(bool)>(initiate, asio::use_awaitable);
}

Task<Result<void>> Writer::record(const Event& event) {
  std::string line = render_event(event);
  bool is_written = false;
  if (state_->queue) {
    is_written = co_await write_and_sync(*state_->queue, std::move(line));
  } else {
    const auto failure = state_->file.append(line);
    is_written = state_->note(failure, 1);
  }
  if (!is_written) co_return audit_error("the audit record was not written");
  co_return Result<void>{};
}

Result<void> Writer::reopen() {
  if (auto reopened = state_->file.reopen(); !reopened) return reopened;
  state_->failed_at.store(State::kNever, std::memory_order_relaxed);
  return {};
}

bool Writer::is_healthy(std::chrono::steady_clock::time_point now) const {
  const auto failed_at = state_->failed_at.load(std::memory_order_relaxed);
  return failed_at == State::kNever || now - failed_at >= kRetryAfter;
}

}  // namespace certbound::audit
