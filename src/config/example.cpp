#include <algorithm>
#include <string>
#include <string_view>

#include "config/generated.hpp"
#include "config/options.hpp"

namespace certbound::config {

namespace {

constexpr std::size_t kLineLength = 100;

/// The comment above an option, broken into lines.
void append_comment(std::string& out, std::string_view indent, std::string_view comment) {
  std::string line = std::string{indent} + "#";
  while (!comment.empty()) {
    const std::size_t end = std::min(comment.find(' '), comment.size());
    if (line.size() + 1 + end > kLineLength) {
      out += line + "\n";
      line = std::string{indent} + "#";
    }
    line += " " + std::string{comment.substr(0, end)};
    comment.remove_prefix(std::min(end + 1, comment.size()));
  }
  out += line + "\n";
}

/// The value that the example shows: the sample, else the default. A text that YAML would read otherwise is quoted.
std::string shown_value(const Option& option) {
  const std::string value = option.sample.empty() ? option.fallback : std::string{option.sample};
  const bool is_text = option.shape.kind == Kind::text;
  return is_text && value.find_first_of(",#{}[]&*!|>'%@`") != std::string::npos ? "\"" + value + "\"" : value;
}

void append_section(std::string& out, const std::string& indent, const Table& table);

void append_nested(std::string& out, const std::string& indent, const Option& option) {
  out += indent + std::string{option.key} + ":\n";
  if (option.shape.kind == Kind::section) {
    append_section(out, indent + "  ", *option.shape.members);
  } else if (option.shape.kind == Kind::map) {
    out += indent + "  partner-corp:\n";
    append_section(out, indent + "    ", *option.shape.members);
  } else {
    out += indent + "  -\n";
    append_section(out, indent + "    ", *option.shape.element.front().members);
  }
}

/// Is the option live in the example, or commented out since there is neither a default nor a need for it?
bool is_live(const Option& option) {
  return option.example == Example::live || option.need == Need::required || !option.fallback.empty();
}

void append_section(std::string& out, const std::string& indent, const Table& table) {
  for (const Option& option : table.options) {
    if (table.name.empty()) out += "\n";
    append_comment(out, indent, option.comment);
    const bool is_nested = option.shape.members != nullptr ||
                           (option.shape.kind == Kind::list && option.shape.element.front().members != nullptr);
    if (is_nested) {
      append_nested(out, indent, option);
    } else {
      out += indent + (is_live(option) ? "" : "# ") + std::string{option.key} + ": " + shown_value(option) + "\n";
    }
  }
}

}  // namespace

std::string write_example() {
  std::string out =
      "# yaml-language-server: $schema=certbound.schema.json\n"
      "#\n"
      "# Every option of certbound with its default. An option that is commented out has none. Copy what you need:\n"
      "# a working file is much shorter, and `certbound init DIR` writes one. docs/CONFIG.md has it all in tables.\n"
      "# Generated from the table of options in src/config/options.cpp.\n";
  append_section(out, "", config_section().table());
  return out;
}

}  // namespace certbound::config
