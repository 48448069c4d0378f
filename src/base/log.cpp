#include "base/log.hpp"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <poll.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include <spdlog/async.h>
#include <spdlog/sinks/sink.h>
#include <spdlog/spdlog.h>

#include "base/clock.hpp"
#include "base/text.hpp"

namespace certbound::log {

namespace {

constexpr std::size_t kQueueLines = 8192;

/// How long stop() waits for one line to be written.
constexpr std::chrono::seconds kPatience{2};

/// Writes to stderr, without stdio: its lock would outlive a write that never ends.
class StderrSink final : public spdlog::sinks::sink {
 public:
  void log(const spdlog::details::log_msg& message) override {
    line_.assign(message.payload.data(), message.payload.size());
    line_.push_back('\n');
    const bool is_written = write_line(line_);
    const std::lock_guard lock{mutex_};
    ++(is_written ? written_ : lost_);
    changed_.notify_all();
  }
  /// Comes after every line that was queued before it was asked for.
  void flush() override {
    const std::lock_guard lock{mutex_};
    has_flushed_ = true;
    changed_.notify_all();
  }
  void set_pattern(const std::string& /*pattern*/) override {}
  void set_formatter(std::unique_ptr<spdlog::formatter> /*formatter*/) override {}

  /// True once flush() was called; false where nothing moved for kPatience.
  [[nodiscard]] bool wait_for_flush() {
    std::unique_lock lock{mutex_};
    while (!has_flushed_) {
      const std::size_t before = written_ + lost_;
      const auto has_moved = [&] { return has_flushed_ || written_ + lost_ != before; };
      if (!changed_.wait_for(lock, kPatience, has_moved)) return false;
    }
    return true;
  }
  [[nodiscard]] std::size_t lost() {
    const std::lock_guard lock{mutex_};
    return lost_;
  }

 private:
  static bool write_line(std::string_view rest) {
    while (!rest.empty()) {
      const ::ssize_t count = ::write(STDERR_FILENO, rest.data(), rest.size());
      if (count >= 0) {
        rest.remove_prefix(static_cast<std::size_t>(count));
      } else if (errno == EAGAIN) {  // somebody who shares stderr made it so
        ::pollfd wanted{STDERR_FILENO, POLLOUT, 0};
        ::poll(&wanted, 1, -1);
      } else if (errno != EINTR) {
        return false;
      }
    }
    return true;
  }

  std::string line_;  // of the writer thread
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::size_t written_ = 0;
  std::size_t lost_ = 0;
  bool has_flushed_ = false;
};

struct Writer {
  std::shared_ptr<StderrSink> sink;
  std::shared_ptr<spdlog::details::thread_pool> pool;
  std::shared_ptr<spdlog::logger> logger;
};

// Set by start() before any worker runs, cleared by stop() after the last has ended.
Writer& writer() {
  static Writer instance;
  return instance;
}

std::atomic<Format> active_format{Format::json};
std::atomic<Level> active_level{Level::info};
/// A writer was left behind in a write that does not end; whoever writes to stderr now would wait as well.
std::atomic<bool> is_stalled{false};

/// Its thread cannot be joined. It stays reachable, with all that it uses, until the process ends.
void leave_behind(Writer left) {
  static auto* const writers = new std::vector<Writer>;
  writers->push_back(std::move(left));
  is_stalled = true;
}

std::string_view level_name(Level level) {
  switch (level) {
    case Level::debug:
      return "debug";
    case Level::info:
      return "info";
    case Level::warning:
      return "warning";
    case Level::error:
      return "error";
  }
  return "error";
}

spdlog::level::level_enum spdlog_level(Level level) {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warning:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

void append_quoted(std::string& line, std::string_view text) {
  line.push_back('"');
  append_json_bounded(line, text);
  line.push_back('"');
}

void append_json_field(std::string& line, const Field& field) {
  line += ",\"";
  line += field.name;
  line += "\":";
  if (const auto* number = std::get_if<long long>(&field.value)) {
    line += std::to_string(*number);
  } else {
    append_quoted(line, std::get<std::string_view>(field.value));
  }
}

void append_text_field(std::string& line, const Field& field) {
  line.push_back(' ');
  line += field.name;
  line.push_back('=');
  if (const auto* number = std::get_if<long long>(&field.value)) {
    line += std::to_string(*number);
    return;
  }
  const auto text = std::get<std::string_view>(field.value);
  const bool plain = !text.empty() && text.size() <= kMaximumShownText &&
                     text.find_first_not_of(
                         "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                         "-._:/,+@") == std::string_view::npos;
  if (plain) {
    line += text;
  } else {
    append_quoted(line, text);
  }
}

}  // namespace

void start(Options options) {
  active_format = options.format;
  active_level = options.level;
  if (writer().logger) return;
  is_stalled = false;
  writer().pool = std::make_shared<spdlog::details::thread_pool>(kQueueLines, 1);
  // The line is complete when it gets there: spdlog's own formatter does not escape JSON.
  writer().sink = std::make_shared<StderrSink>();
  writer().logger = std::make_shared<spdlog::async_logger>("certbound", writer().sink, writer().pool,
                                                           spdlog::async_overflow_policy::overrun_oldest);
  writer().logger->set_level(spdlog::level::trace);
}

void stop() {
  if (!writer().logger) return;
  writer().logger->flush();
  const bool is_written = writer().sink->wait_for_flush();
  Writer ended = std::exchange(writer(), {});
  if (!is_written) return leave_behind(std::move(ended));
  ended.pool.reset();  // joins its thread, which holds the logger with its last message, before the logger goes
}

bool is_enabled(Level level) { return level >= active_level.load(std::memory_order_relaxed); }

std::size_t dropped_lines() { return writer().pool ? writer().pool->overrun_counter() + writer().sink->lost() : 0; }

std::string render(Format format, Level level, std::string_view time, std::string_view event,
                   std::initializer_list<Field> fields) {
  std::string line;
  line.reserve(256);
  if (format == Format::json) {
    line += "{\"time\":\"";
    line += time;
    line += "\",\"level\":\"";
    line += level_name(level);
    line += "\",\"event\":";
    line += json_quoted(event);
    for (const Field& field : fields) append_json_field(line, field);
    line.push_back('}');
    return line;
  }
  line += time;
  line.push_back(' ');
  line += level_name(level);
  line.push_back(' ');
  line += event;
  for (const Field& field : fields) append_text_field(line, field);
  return line;
}

void write(Level level, std::string_view event, std::initializer_list<Field> fields) {
  if (!is_enabled(level)) return;
  const std::string line =
      render(active_format.load(std::memory_order_relaxed), level, rfc3339_now_with_milliseconds(), event, fields);
  if (const auto& logger = writer().logger) {
    logger->log(spdlog_level(level), spdlog::string_view_t{line.data(), line.size()});
  } else if (!is_stalled) {
    (void)std::fprintf(stderr, "%s\n", line.c_str());
  }
}

}  // namespace certbound::log
