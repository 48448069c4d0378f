#include "app/file_watch.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "base/file.hpp"

namespace certbound::app {

namespace {

using std::filesystem::path;

// Not IN_MODIFY: whoever writes a file is done when it closes it. IN_ATTRIB: a key that others could read is mended by
// a chmod.
constexpr std::uint32_t kMask =
    IN_CREATE | IN_CLOSE_WRITE | IN_ATTRIB | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE | IN_ONLYDIR;

FileWatch::FileTime time_of(const std::timespec& time) {
  return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

/// Did the entry itself, not what a link leads to, change since then? What is gone did, where it was there before, but
/// then its directory is watched already. Of a directory everything that it holds changes the time, but then that of
/// its content too: it was renamed where only the other changed.
bool has_changed(const path& entry, FileWatch::FileTime since) {
  struct stat status {};
  if (::lstat(entry.c_str(), &status) != 0 || time_of(status.st_ctim) < since) return false;
  return !S_ISDIR(status.st_mode) || time_of(status.st_mtim) < since;
}

std::optional<path> find_changed(const path& directory, const DirectoryPoints& points, const DirectoryPoints* known,
                                 FileWatch::FileTime since) {
  for (const std::string& name : points.names) {
    if ((known == nullptr || !known->names.contains(name)) && has_changed(directory / name, since)) {
      return directory / name;
    }
  }
  const bool has_new_pattern = !points.patterns.empty() && (known == nullptr || known->patterns != points.patterns);
  struct stat status {};
  if (has_new_pattern && ::stat(directory.c_str(), &status) == 0 && time_of(status.st_mtim) >= since) return directory;
  return std::nullopt;
}

}  // namespace

FileWatch::FileTime FileWatch::file_now() {
  std::timespec now{};
  // The one that stamps files: the precise clock is ahead of it. Kernels since 6.13 stamp what was looked at since its
  // last change precisely, so a file that changed just before may seem to have changed after: it is read once more.
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return time_of(now);
}

Result<FileWatch::Armed> FileWatch::arm(WatchPoints points, FileTime since) {
  if (descriptor_ < 0) descriptor_ = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (descriptor_ < 0) return invalid_input("watch: " + system_error_text(errno) + " (fs.inotify.max_user_instances)");
  Armed armed;
  std::map<int, path> directories;
  for (const auto& [directory, wanted] : points) {
    const int watch = ::inotify_add_watch(descriptor_, directory.c_str(), kMask);
    if (watch >= 0) {
      directories[watch] = directory;
    } else if (errno != ENOENT && errno != ENOTDIR) {
      armed.blind.push_back({directory, system_error_text(errno)});
    }
    const auto known = points_.find(directory);
    if (armed.changed) continue;
    armed.changed = find_changed(directory, wanted, known == points_.end() ? nullptr : &known->second, since);
  }
  for (const auto& [watch, directory] : directories_) {
    // It fails for a directory that is gone: the kernel has removed the watch itself.
    if (!directories.contains(watch)) (void)::inotify_rm_watch(descriptor_, watch);
  }
  armed.watched = directories.size();
  points_ = std::move(points);
  directories_ = std::move(directories);
  return armed;
}

void FileWatch::stop() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
  points_.clear();
  directories_.clear();
}

std::optional<std::string> FileWatch::judge(int watch, std::uint32_t mask, const char* name) {
  if ((mask & IN_Q_OVERFLOW) != 0) return "(events were lost)";
  const auto directory = directories_.find(watch);
  if (directory == directories_.end()) return std::nullopt;
  if ((mask & (IN_IGNORED | IN_UNMOUNT)) != 0) {
    // Deleted or unmounted. Its own entry in the directory above is a point as well, but an unmount changes none.
    std::string gone = directory->second.string();
    directories_.erase(directory);
    return gone;
  }
  const auto points = points_.find(directory->second);
  if (name == nullptr || points == points_.end() || !points->second.has(name)) return std::nullopt;
  return (directory->second / name).string();
}

std::optional<std::string> FileWatch::take_change() {
  std::optional<std::string> change;
  alignas(inotify_event) std::array<char, 16384> buffer{};
  for (;;) {
    const ssize_t count = ::read(descriptor_, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return change;  // EAGAIN: all is taken
    for (ssize_t at = 0; at < count;) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const char* name = event.len > 0 ? buffer.data() + at + sizeof event : nullptr;
      auto found = judge(event.wd, event.mask, name);
      if (!change) change = std::move(found);
      at += static_cast<ssize_t>(sizeof event + event.len);
    }
  }
}

}  // namespace certbound::app
