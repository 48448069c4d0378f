#include "app/config_watch.hpp"

#include <algorithm>
#include <utility>

#include "base/log.hpp"

namespace certbound::app {

ConfigWatch::ConfigWatch(MainLoop& loop, metrics::Registry& registry)
    : loop_{loop},
      directories_{
          registry.gauge("certbound_watched_directories",
                         "Directories in which changes of the configuration's files are heard (watch: true)")} {}

ConfigWatch::~ConfigWatch() { stop(); }

FileWatch::FileTime ConfigWatch::begin() {
  const FileWatch::FileTime since = FileWatch::file_now();
  if (named_.empty()) return since;
  if (files_.descriptor() >= 0) (void)files_.take_change();
  changes_.clear();
  arm(since);
  return since;
}

void ConfigWatch::follow(config::NamedFiles named, FileWatch::FileTime since) {
  named_.clear();
  if (named.files.empty()) {
    stop();
    return;
  }
  named_.push_back(std::move(named));
  arm(since);
}

void ConfigWatch::follow_also(config::NamedFiles named, FileWatch::FileTime since) {
  if (named_.empty()) return;
  if (named.files.empty()) {
    arm(since);
    return;
  }
  // Of refused ones the last alone: whoever goes on mending goes on naming.
  named_.resize(1);
  named_.push_back(std::move(named));
  arm(since);
}

void ConfigWatch::arm(FileWatch::FileTime since) {
  std::vector<const config::NamedFiles*> all;
  for (const config::NamedFiles& named : named_) all.push_back(&named);
  const bool was_armed = files_.descriptor() >= 0;
  const auto armed = files_.arm(find_watch_points(all), since);
  if (!armed) {
    log::error("watch_failed", {{"detail", armed.error().detail}});
    directories_.set(0);
    return;
  }
  if (!was_armed) loop_.watch(files_.descriptor(), [this] { hear(); });
  directories_.set(static_cast<double>(armed->watched));
  for (const FileWatch::Blind& blind : armed->blind) {
    if (!told_.insert(blind.directory).second) continue;
    log::warning("watch_incomplete", {{"directory", blind.directory.string()}, {"detail", blind.detail}});
  }
  if (armed->changed) note(armed->changed->string());
}

void ConfigWatch::stop() {
  if (files_.descriptor() >= 0) loop_.forget(files_.descriptor());
  files_.stop();
  changes_.clear();
  directories_.set(0);
}

void ConfigWatch::hear() {
  if (auto change = files_.take_change()) note(*std::move(change));
}

void ConfigWatch::note(std::string name) {
  if (!changes_.due()) first_changed_ = std::move(name);
  changes_.note(std::chrono::steady_clock::now());
}

std::optional<std::chrono::milliseconds> ConfigWatch::until_due() const {
  const auto due = changes_.due();
  if (!due) return std::nullopt;
  return std::max(std::chrono::milliseconds{0},
                  std::chrono::ceil<std::chrono::milliseconds>(*due - std::chrono::steady_clock::now()));
}

std::optional<std::string> ConfigWatch::take_due() {
  if (!changes_.is_due(std::chrono::steady_clock::now())) return std::nullopt;
  changes_.clear();
  return std::move(first_changed_);
}

}  // namespace certbound::app
