#include "config/problem.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace certbound::config {

namespace {

constexpr std::size_t kLongestQuote = 80;

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80; }

/// Blanks under the first `characters` characters of the line; tabs stay, so that the caret stands right.
std::string padding(std::string_view line, int characters) {
  std::string out;
  for (const char c : line) {
    if (is_continuation(c)) continue;
    if (static_cast<int>(out.size()) == characters) break;
    out.push_back(c == '\t' ? '\t' : ' ');
  }
  out.resize(static_cast<std::size_t>(std::max(characters, 0)), ' ');
  return out;
}

}  // namespace

std::string render(const Problem& problem) {
  std::string out = printable(problem.file);
  if (problem.line > 0) out += ":" + std::to_string(problem.line) + ":" + std::to_string(problem.column);
  out += ": ";
  if (problem.severity == Severity::warning) out += "warning: ";
  if (!problem.key.empty()) out += printable(problem.key) + ": ";
  return out + printable(problem.message);
}

std::string render_with_source(const Problem& problem) {
  std::string out = render(problem);
  if (problem.source_line.empty()) return out;
  std::string line = problem.source_line;
  std::replace_if(
      line.begin(), line.end(), [](char c) { return (c >= 0 && c < 0x20 && c != '\t') || c == 0x7f; }, '?');
  out += "\n  " + line + "\n  " + padding(line, problem.column - 1) + "^";
  out.append(static_cast<std::size_t>(std::max(problem.width - 1, 0)), '~');
  return out;
}

std::string in_quotes(std::string_view text) {
  if (text.size() <= kLongestQuote) return json_quoted(text);
  std::size_t end = kLongestQuote;
  while (end > 0 && is_continuation(text[end])) --end;
  return json_quoted(std::string{text.substr(0, end)} + "...");
}

std::string printable(std::string_view text) {
  const bool is_clean = std::all_of(text.begin(), text.end(), [](char c) { return (c < 0 || c >= 0x20) && c != 0x7f; });
  if (is_clean && is_utf8(text)) return std::string{text};
  std::string out;
  for (std::size_t start = 0; start < text.size();) {
    // Quotes and backslashes stay as they are: only what could drive a terminal or break the line is escaped.
    const std::size_t stop = std::min(text.find_first_of("\"\\", start), text.size());
    append_json_escaped(out, text.substr(start, stop - start));
    if (stop < text.size()) out.push_back(text[stop]);
    start = stop + 1;
  }
  return out;
}

}  // namespace certbound::config
