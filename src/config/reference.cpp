#include <string>
#include <string_view>

#include "config/generated.hpp"
#include "config/options.hpp"

namespace certbound::config {

namespace {

constexpr std::string_view kIntroduction = R"(# Configuration

<!-- Generated from the table of options in src/config/options.cpp. CERTBOUND_UPDATE_GENERATED=1 with the unit test of config writes it anew. -->

certbound reads one YAML file: `--config FILE`, else `$CERTBOUND_CONFIG`, else `/etc/certbound/certbound.yaml`. A JSON file is YAML too.
`certbound check` reports everything that is wrong with it at once, as

    FILE:LINE:COL: KEY: what is wrong; what to do

* Reading is strict. An unknown or repeated key, a value of another type, an empty value, a contradiction between options: each is an error.
  One document per file; no anchors, aliases, merge keys and tags; UTF-8; up to 16 MiB.
* Text that looks like a number, `true` or `false` needs quotes.
* A **duration** is a whole number with a unit: `90s`, `5m`, `12h`, `30d`. A **size** is a number of octets, or one with `KiB` or `MiB`.
* A **path** that is not absolute starts at the directory of the file that names it.
* `${NAME}` in a value stands for the environment variable NAME; one that is not set is an error. `$${` stands for the characters `${`.
* `include` adds files that hold `clients`, `resources` and `trust_stores`. A name that two files declare is an error.

`config/certbound.example.yaml` has every option. `config/certbound.schema.json` gives editors completion and checks as you type: begin the file with
`# yaml-language-server: $schema=PATH/certbound.schema.json`.
)";

std::string describe_shape(const Shape& shape) {
  switch (shape.kind) {
    case Kind::text:
      return "text";
    case Kind::path:
      return "path";
    case Kind::boolean:
      return "`true` or `false`";
    case Kind::integer:
      return "number, " + std::to_string(shape.range.minimum) + " to " + std::to_string(shape.range.maximum);
    case Kind::size:
      return "size, " + render_size(shape.range.minimum) + " to " + render_size(shape.range.maximum);
    case Kind::duration:
      return "duration, " + render_duration(shape.range.minimum) + " to " + render_duration(shape.range.maximum);
    case Kind::choice: {
      std::string out;
      for (const std::string_view choice : shape.choices)
        out += (out.empty() ? "`" : ", `") + std::string{choice} + "`";
      return out;
    }
    case Kind::list:
      return shape.element.front().kind == Kind::section ? "list, see below"
                                                         : "list of " + describe_shape(shape.element.front());
    case Kind::section:
      return "section, see below";
    case Kind::map:
      return "map of names, see below";
    case Kind::jwk_set:
      return "JWK Set (RFC 7517)";
    case Kind::ocsp:
      return "`false`, the responder's URL, `from_certificate` or `true`";
  }
  return {};
}

/// In a table cell `|` ends the cell, and angle brackets and asterisks are markup.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view{"|*<_"}.find(c) != std::string_view::npos) out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

const Table* members_of(const Option& option) {
  const Shape& shape = option.shape.kind == Kind::list ? option.shape.element.front() : option.shape;
  return shape.members;
}

void append_table(std::string& out, const Table& table) {
  out += "\n| option | value | default | meaning |\n| --- | --- | --- | --- |\n";
  for (const Option& option : table.options) {
    const bool is_required = option.need == Need::required;
    const std::string fallback = option.fallback.empty() ? "" : "`" + option.fallback + "`";
    out += "| `" + std::string{option.key} + "` | " + describe_shape(option.shape) + " | " +
           (is_required ? "required" : fallback) + " | " + cell(option.comment) + " |\n";
  }
  for (const Option& option : table.options) {
    const Table* members = members_of(option);
    if (members == nullptr) continue;
    out += "\n## " + std::string{members->name} + "\n\n" + std::string{option.comment} + "\n";
    append_table(out, *members);
  }
}

}  // namespace

std::string write_reference() {
  std::string out{kIntroduction};
  out += "\n## The top level\n";
  append_table(out, config_section().table());
  return out;
}

}  // namespace certbound::config
