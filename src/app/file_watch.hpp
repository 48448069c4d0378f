#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/watch_points.hpp"

namespace certbound::app {

/// Hears of changes at watch points, by inotify(7) on their directories. Not thread safe.
class FileWatch {
 public:
  FileWatch() = default;
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;
  ~FileWatch() { stop(); }

  /// When a file was last changed as its file system tells: of the clock that stamps files.
  using FileTime = std::chrono::nanoseconds;
  [[nodiscard]] static FileTime file_now();

  /// A directory that cannot be watched, and why: changes in it are not heard.
  struct Blind {
    std::filesystem::path directory;
    std::string detail;
  };
  struct Armed {
    std::size_t watched = 0;                       ///< directories
    std::vector<Blind> blind;                      ///< without those that do not exist
    std::optional<std::filesystem::path> changed;  ///< a point that is new and whose file changed since `since`
  };
  /// Watches `points` instead of those before. A directory that was replaced by another of its name is watched in its
  /// new form. What a new point's file went through between `since`, when it was about to be read, and now was heard by
  /// nobody: it is looked up. Errors: `invalid_request` where the system has no inotify instance left.
  [[nodiscard]] Result<Armed> arm(WatchPoints points, FileTime since);

  void stop();

  /// Readable when there is something to take; -1 where nothing is watched.
  [[nodiscard]] int descriptor() const { return descriptor_; }

  /// Takes everything that was heard. The first point that changed, or a text in brackets where events were lost;
  /// nothing where none of it matters.
  [[nodiscard]] std::optional<std::string> take_change();

 private:
  [[nodiscard]] std::optional<std::string> judge(int watch, std::uint32_t mask, const char* name);

  int descriptor_ = -1;
  WatchPoints points_;
  std::map<int, std::filesystem::path> directories_;  // by watch descriptor
};

}  // namespace certbound::app
