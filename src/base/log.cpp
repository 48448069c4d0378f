#include "base/log.hpp"

#include <atomic>
#include <memory>

#include <spdlog/async.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "base/clock.hpp"
#include "base/text.hpp"

namespace certbound::log {

namespace {

constexpr std::size_t kQueueLines = 8192;

struct Writer {
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

void append_json_field(std::string& line, const Field& field) {
  line += ",\"";
  line += field.name;
  line += "\":";
  if (const auto* number = std::get_if<long long>(&field.value)) {
    line += std::to_string(*number);
  } else {
    line += json_quoted(std::get<std::string_view>(field.value));
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
  const bool plain = !text.empty() && text.find_first_not_of(
                                          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                          "-._:/,+@") == std::string_view::npos;
  line += plain ? std::string{text} : json_quoted(text);
}

}  // namespace

void start(Options options) {
  active_format = options.format;
  active_level = options.level;
  if (writer().logger) return;
  writer().pool = std::make_shared<spdlog::details::thread_pool>(kQueueLines, 1);
  auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  writer().logger = std::make_shared<spdlog::async_logger>("certbound", std::move(sink), writer().pool,
                                                           spdlog::async_overflow_policy::overrun_oldest);
  // The line is complete when it gets here: spdlog's own formatter does not escape JSON.
  writer().logger->set_pattern("%v");
  writer().logger->set_level(spdlog::level::trace);
  writer().logger->flush_on(spdlog::level::trace);
}

void stop() {
  if (!writer().logger) return;
  writer().pool.reset();  // joins its thread after what is queued is written
  writer().logger.reset();
}

bool is_enabled(Level level) { return level >= active_level.load(std::memory_order_relaxed); }

std::size_t dropped_lines() { return writer().pool ? writer().pool->overrun_counter() : 0; }

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
  } else {
    (void)std::fprintf(stderr, "%s\n", line.c_str());
  }
}

}  // namespace certbound::log
