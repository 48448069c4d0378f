#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace certbound::log {

enum class Level : std::uint8_t { debug, info, warning, error };
enum class Format : std::uint8_t { json, text };

struct Options {
  Format format = Format::json;
  Level level = Level::info;
};

/// One field of a line. The name is ours (a literal); the value may be anything. It is escaped, and a text longer than
/// kMaximumShownText is cut (append_json_bounded).
/// Never a token, assertion, secret or private key: tests/lint looks for it.
struct Field {
  Field(std::string_view field_name, std::string_view field_value) : name{field_name}, value{field_value} {}
  Field(std::string_view field_name, const std::string& field_value)
      : name{field_name}, value{std::string_view{field_value}} {}
  Field(std::string_view field_name, const char* field_value)
      : name{field_name}, value{std::string_view{field_value}} {}
  Field(std::string_view field_name, long long field_value) : name{field_name}, value{field_value} {}
  Field(std::string_view field_name, int field_value) : name{field_name}, value{static_cast<long long>(field_value)} {}
  Field(std::string_view field_name, std::size_t field_value)
      : name{field_name}, value{static_cast<long long>(field_value)} {}

  std::string_view name;
  std::variant<std::string_view, long long> value;
};

/// Starts the writer thread. Until then, and after stop(), lines go to stderr at once. Lines go to stderr through a
/// bounded queue; when it is full the oldest line is dropped and counted, so that a blocked terminal never stops a
/// worker.
void start(Options options);

/// Writes what is queued and ends the writer thread. Where nobody reads stderr it gives up after two seconds without
/// progress: then what is left is lost, as is what is written from then on, and the thread is left behind until the
/// process ends, so that the process can end.
void stop();

/// One line with `event` (a literal, snake_case), and the fields. Thread safe; does not block.
void write(Level level, std::string_view event, std::initializer_list<Field> fields);

inline void debug(std::string_view event, std::initializer_list<Field> fields) { write(Level::debug, event, fields); }
inline void info(std::string_view event, std::initializer_list<Field> fields) { write(Level::info, event, fields); }
inline void warning(std::string_view event, std::initializer_list<Field> fields) {
  write(Level::warning, event, fields);
}
inline void error(std::string_view event, std::initializer_list<Field> fields) { write(Level::error, event, fields); }

/// Is a line of this level written? For callers whose fields cost something to make.
[[nodiscard]] bool is_enabled(Level level);

/// Lines dropped since the start because the queue was full or stderr refused them.
[[nodiscard]] std::size_t dropped_lines();

/// The line as it is written, without its end. Pure; for tests.
[[nodiscard]] std::string render(Format format, Level level, std::string_view time, std::string_view event,
                                 std::initializer_list<Field> fields);

}  // namespace certbound::log
