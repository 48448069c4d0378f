#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "config/config.hpp"

namespace certbound::app {

/// What of one directory tells that a configuration changed.
struct DirectoryPoints {
  std::set<std::string, std::less<>> names;
  std::set<std::string, std::less<>> patterns;  ///< globs of one name

  [[nodiscard]] bool has(const std::string& name) const;
};

/// By directory: absolute and without a symbolic link in it when it was looked at.
using WatchPoints = std::map<std::filesystem::path, DirectoryPoints>;

/// Every directory entry that is passed on the way to a file that one of `named` has: directories, symbolic links, the
/// directories and links that their targets pass, the file itself; and what an include pattern may match. Whoever
/// exchanges one of them (the `..data` of a Kubernetes volume, the links of certbot's `live/`, a directory that is
/// moved into place) changes what the file is. Looks at the file system; what does not exist ends the way, and its
/// entry is there for when it comes.
[[nodiscard]] WatchPoints find_watch_points(const std::vector<const config::NamedFiles*>& named);

}  // namespace certbound::app
