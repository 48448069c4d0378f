#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace certbound::config {

/// What kind of value an option holds.
enum class Kind : std::uint8_t {
  text,
  boolean,
  integer,
  size,
  duration,
  choice,
  path,
  list,
  section,
  map,
  jwk_set,
  ocsp
};

/// Inclusive. Octets for a size, seconds for a duration.
struct Range {
  std::int64_t minimum = 0;
  std::int64_t maximum = 0;
};

struct Table;

/// What an option accepts: the reader's checks, the schema and the reference follow from it.
struct Shape {
  Kind kind = Kind::text;
  Range range;                            ///< integer, size, duration
  std::vector<std::string_view> choices;  ///< choice
  std::string_view pattern;               ///< text: a regular expression that every accepted value matches, for editors
  std::vector<Shape> element;             ///< list: exactly one
  std::size_t minimum_count = 0;          ///< list
  const Table* members = nullptr;         ///< section and map, and a list's section
};

enum class Need : std::uint8_t { optional, required };

/// Which files may hold an option of the top level.
enum class Home : std::uint8_t { main_file, any_file };

/// How the example shows an option that has no default and need not be there.
enum class Example : std::uint8_t { commented, live };

/// One row: all that certbound knows of an option but how to store its value.
struct Option {
  std::string_view key;
  Shape shape;
  std::string_view comment;  ///< for people: what it means, its unit, when to change it
  std::string fallback;      ///< the default as YAML; empty where there is none
  std::string_view sample;   ///< a value for the example; empty where the default does
  Need need = Need::optional;
  Home home = Home::main_file;
  Example example = Example::commented;
};

/// A section: its options in the order of the documentation.
struct Table {
  std::string_view name;  ///< `limits`, `clients[]`; empty for the top level
  std::vector<Option> options;
  std::string_view rules;            ///< JSON Schema keywords about several options at once; empty where there are none
  const Table* main_file = nullptr;  ///< of an included file's top level: what the main file may hold besides
};

/// The index of the row, or nothing.
[[nodiscard]] std::optional<std::size_t> find_option(const Table& table, std::string_view key);

/// A duration in its largest whole unit: `5m`.
[[nodiscard]] std::string render_duration(std::int64_t seconds);
/// Octets in the largest whole binary unit: `16KiB`.
[[nodiscard]] std::string render_size(std::int64_t octets);

}  // namespace certbound::config
