#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "config/problem.hpp"
#include "config/surroundings.hpp"

namespace certbound::config {

/// A configuration, and what was found on the way.
struct Loaded {
  std::optional<Config> config;   ///< nothing where one of the problems is an error
  std::vector<Problem> problems;  ///< every error and warning, in the order of files and lines
  /// Where `config` is absent: what could be read. Good for finding further problems, and for nothing else.
  Config draft;
};

/// Reads the main file, the files that it includes and the certificates of its clients. Opens no other file that it
/// names: that is for whoever uses them. Linear in the size of the files; 100,000 clients take one to two seconds.
///
/// Errors are problems, each with its place; only std::bad_alloc is thrown.
[[nodiscard]] Loaded load(const std::filesystem::path& path, const Surroundings& surroundings = system_surroundings());

/// The same with the main file's text at hand and everything else from `surroundings`. Relative paths start at the
/// directory of `name`.
[[nodiscard]] Loaded load_text(const std::filesystem::path& name, std::string text, const Surroundings& surroundings);

}  // namespace certbound::config
