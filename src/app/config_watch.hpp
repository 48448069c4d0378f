#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "app/debounce.hpp"
#include "app/file_watch.hpp"
#include "app/main_loop.hpp"
#include "base/metrics.hpp"
#include "config/config.hpp"

namespace certbound::app {

/// `watch: true`: hears of changes of the files that the configuration names, and says when they have come to rest.
/// What it cannot watch it logs, each directory once. Main thread only; ends before the loop.
class ConfigWatch {
 public:
  ConfigWatch(MainLoop& loop, metrics::Registry& registry);
  ConfigWatch(const ConfigWatch&) = delete;
  ConfigWatch& operator=(const ConfigWatch&) = delete;
  ~ConfigWatch();

  /// A configuration is about to be read. What was heard until now is settled by that; its directories are looked up
  /// anew, so that what changes from now on is heard. Returns the time for follow().
  FileWatch::FileTime begin();

  /// The configuration whose reading began at `since` is in use: its files, and no others, are watched; nothing is
  /// where `named` is empty.
  void follow(config::NamedFiles named, FileWatch::FileTime since);
  /// It was refused: its files are watched as well, if any are.
  void follow_also(config::NamedFiles named, FileWatch::FileTime since);

  /// How long until a change is due.
  [[nodiscard]] std::optional<std::chrono::milliseconds> until_due() const;
  /// The first file of a change that is due, which is then settled.
  [[nodiscard]] std::optional<std::string> take_due();

 private:
  void arm(FileWatch::FileTime since);
  void stop();
  void hear();
  void note(std::string name);

  MainLoop& loop_;
  metrics::Gauge directories_;
  FileWatch files_;
  Debounce changes_;
  std::string first_changed_;
  std::vector<config::NamedFiles> named_;  // of the configuration in use, then of those that were refused since
  std::set<std::filesystem::path> told_;   // that they cannot be watched
};

}  // namespace certbound::app
