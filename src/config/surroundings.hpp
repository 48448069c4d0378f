#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace certbound::config {

/// What loading a configuration asks of the world: injected, so that tests and fuzzers touch nothing.
struct Surroundings {
  /// The value of an environment variable, or nothing.
  std::function<std::optional<std::string>(const std::string& name)> environment;
  /// The content of a file. Errors: `invalid_request`, `detail` names the file and the reason.
  std::function<Result<std::string>(const std::filesystem::path& path)> load_file;
  /// The files below `directory` that match a glob pattern, sorted by name; an absolute pattern stands for itself. None
  /// is no error.
  std::function<Result<std::vector<std::filesystem::path>>(const std::filesystem::path& directory,
                                                           const std::string& pattern)>
      find_files;
  /// When the configuration is read: a certificate that a client is registered by may have expired by then.
  WallTime now;
  /// The permission bits of a file; nothing where they cannot be told.
  std::function<std::optional<unsigned>(const std::filesystem::path& path)> find_mode =
      [](const std::filesystem::path& /*path*/) { return std::optional<unsigned>{}; };
};

/// The process's environment and the file system.
[[nodiscard]] Surroundings system_surroundings(WallTime now = wall_now());

}  // namespace certbound::config
