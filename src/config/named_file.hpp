#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "config/reader.hpp"

namespace certbound::config {

/// A file that a value names, as it was read.
struct NamedFile {
  std::filesystem::path path;
  std::string content;
};

/// The file that the value `node` names. Nothing where that is no text or the file cannot be read, which is reported.
[[nodiscard]] std::optional<NamedFile> read_named_file(Reader& reader, const Node& node);

}  // namespace certbound::config
