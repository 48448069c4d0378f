#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace certbound::config {

enum class Severity : std::uint8_t {
  error,    ///< the configuration is not used
  warning,  ///< it is, and the operator should look
};

/// Something in a configuration that does not hold, with its place.
struct Problem {
  std::string file;
  int line = 0;         ///< from 1; 0 where the whole file is meant
  int column = 0;       ///< from 1, in characters
  std::string key;      ///< `tokens.lifetime`, `clients[2] (batch-07): scope`; empty where no key is concerned
  std::string message;  ///< what is wrong; what to do
  Severity severity = Severity::error;
  std::string source_line;  ///< the line as it stands in the file; empty where it is unknown or too long to show
  int width = 1;            ///< how many characters from `column` on are meant
};

/// `FILE:LINE:COL: KEY: what is wrong; what to do`; a warning has `warning: ` before the key. One line, no end of line,
/// and no control character, whatever the file holds.
[[nodiscard]] std::string render(const Problem& problem);

/// The same, then the source line and a line with a caret under the place: for a terminal.
[[nodiscard]] std::string render_with_source(const Problem& problem);

/// `text` in double quotes for a message: escaped, and cut after 80 octets.
[[nodiscard]] std::string in_quotes(std::string_view text);

/// `text` without control characters, for what stands unquoted in a message.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace certbound::config
