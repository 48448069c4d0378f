#include "app/watch_points.hpp"

#include <algorithm>
#include <deque>
#include <fnmatch.h>
#include <string_view>
#include <system_error>

#include "config/surroundings.hpp"

namespace certbound::app {

namespace {

using std::filesystem::path;

/// As the kernel follows: a loop of links ends.
constexpr int kMostLinks = 40;

bool is_pattern(std::string_view text) { return text.find_first_of("*?[") != std::string_view::npos; }

/// Adds what is passed on `way` from `current`, and returns where that leads: without a link in it.
path walk(WatchPoints& points, path current, const path& way) {
  std::deque<std::string> rest;
  for (const path& part : way) rest.push_back(part.string());
  int links = 0;
  while (!rest.empty()) {
    const std::string name = std::move(rest.front());
    rest.pop_front();
    if (name.empty() || name == "." || name == "/") continue;
    if (name == "..") {
      current = current.parent_path();
      continue;
    }
    points[current].names.insert(name);
    current /= name;
    std::error_code is_no_link;
    const path target = std::filesystem::read_symlink(current, is_no_link);
    if (is_no_link) continue;
    if (++links > kMostLinks) break;
    current = target.is_absolute() ? path{"/"} : current.parent_path();
    const std::size_t count = rest.size();
    for (const path& part : target) rest.push_back(part.string());
    // The target comes before what is left of the way.
    std::rotate(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(count), rest.end());
  }
  return current;
}

path absolute_of(const path& file) {
  std::error_code error;
  path absolute = std::filesystem::absolute(file, error);
  return error ? file : absolute;
}

/// Adds files one after another; of the many in one directory the way there is walked once.
class PointFinder {
 public:
  void add_file(const path& file) {
    const path absolute = absolute_of(file);
    (void)walk(points_, directory_of(absolute.parent_path()), absolute.filename());
  }

  /// Each component with a pattern is a point in every directory in which it may match.
  void add_pattern(const config::IncludePattern& include) {
    path before;
    for (const path& part : path{include.pattern}) {
      if (is_pattern(part.string())) {
        for (const path& directory : find_directories(include, before)) {
          points_[directory_of(absolute_of(directory))].patterns.insert(part.string());
        }
      }
      before /= part;
    }
    if (!is_pattern(include.pattern)) add_file(include.directory / include.pattern);
  }

  [[nodiscard]] WatchPoints take() && { return std::move(points_); }

 private:
  static std::vector<path> find_directories(const config::IncludePattern& include, const path& before) {
    if (!is_pattern(before.string())) return {include.directory / before};
    // A directory that cannot be listed is a problem of the configuration, which loading tells.
    auto found = config::system_surroundings().find_files(include.directory, before.string());
    return found ? *std::move(found) : std::vector<path>{};
  }

  const path& directory_of(const path& directory) {
    const auto [known, is_new] = directories_.try_emplace(directory);
    if (is_new) known->second = walk(points_, "/", directory);
    return known->second;
  }

  WatchPoints points_;
  std::map<path, path> directories_;  // as named, and where that leads
};

}  // namespace

bool DirectoryPoints::has(const std::string& name) const {
  return names.contains(name) || std::any_of(patterns.begin(), patterns.end(), [&name](const std::string& pattern) {
           return ::fnmatch(pattern.c_str(), name.c_str(), FNM_PERIOD) == 0;
         });
}

WatchPoints find_watch_points(const std::vector<const config::NamedFiles*>& named) {
  PointFinder finder;
  for (const config::NamedFiles* one : named) {
    for (const path& file : one->files) finder.add_file(file);
    for (const config::IncludePattern& pattern : one->patterns) finder.add_pattern(pattern);
  }
  return std::move(finder).take();
}

}  // namespace certbound::app
