#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace certbound {

/// ASCII only; other octets stay as they are.
[[nodiscard]] char ascii_lower(char c);
[[nodiscard]] std::string ascii_lower(std::string_view text);

/// Equal but for the case of ASCII letters.
[[nodiscard]] bool ascii_iequals(std::string_view a, std::string_view b);

/// The parts between separators; empty parts are kept.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);

/// Without leading and trailing blanks and tabs.
[[nodiscard]] std::string_view trim(std::string_view text);

[[nodiscard]] std::string join(const std::vector<std::string>& parts, std::string_view separator);

/// Well-formed UTF-8 after RFC 3629: no overlong form, no surrogate, nothing above U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view text);

/// Appends `text` as the inside of a JSON string: quotes, backslashes and control characters escaped, octets that are
/// not UTF-8 replaced by U+FFFD. Also U+2028, U+2029 and DEL are escaped, so that a line of a log stays one line
/// everywhere.
void append_json_escaped(std::string& out, std::string_view text);

/// How much of a text a line of the log or of the audit record shows. A stranger chooses some of them.
inline constexpr std::size_t kMaximumShownText = 2048;

/// As append_json_escaped. Of a text longer than kMaximumShownText it appends as many whole characters as fit into that
/// many octets, and how long the text is: `abc…(70000 octets)`.
void append_json_bounded(std::string& out, std::string_view text);

/// `text` as a JSON string with its quotes.
[[nodiscard]] std::string json_quoted(std::string_view text);

/// The candidate nearest to `text` by Damerau-Levenshtein distance, or an empty view where none is within 2.
[[nodiscard]] std::string_view nearest(std::string_view text, const std::vector<std::string_view>& candidates);

}  // namespace certbound
