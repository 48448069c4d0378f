#pragma once

#include <string>

namespace certbound::config {

// What follows from the table of options. The results are committed as files, and tests/unit/config compares them.

/// config/certbound.schema.json: JSON Schema draft-07 of the main file. Accepts what load() accepts, as far as one file
/// shows it.
[[nodiscard]] std::string write_schema();

/// docs/CONFIG.md.
[[nodiscard]] std::string write_reference();

/// config/certbound.example.yaml: every option with its default, or commented out where it has none and need not be
/// there.
[[nodiscard]] std::string write_example();

}  // namespace certbound::config
