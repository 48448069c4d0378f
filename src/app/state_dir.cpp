#include "app/state_dir.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "base/file.hpp"

namespace certbound::app {

Result<void> prepare_state_dir(const std::filesystem::path& directory) {
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
    return invalid_input("state_dir " + directory.string() + ": cannot make it: " + system_error_text(errno));
  }
  struct stat status {};
  if (::stat(directory.c_str(), &status) != 0) {
    return invalid_input("state_dir " + directory.string() + ": " + system_error_text(errno));
  }
  if (!S_ISDIR(status.st_mode)) return invalid_input("state_dir " + directory.string() + ": not a directory");
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return invalid_input("state_dir " + directory.string() + ": others may write to it; run chmod 700 on it");
  }
  return {};
}

Result<StateDirLock> StateDirLock::acquire(const std::filesystem::path& directory) {
  const std::filesystem::path file = directory / "certbound.lock";
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return invalid_input(file.string() + ": cannot open: " + system_error_text(errno));
  StateDirLock lock{descriptor};
  if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno == EWOULDBLOCK) {
    return invalid_input("state_dir " + directory.string() + ": another certbound uses it; give each its own");
  }
  return invalid_input(file.string() + ": cannot lock: " + system_error_text(errno));
}

StateDirLock::StateDirLock(StateDirLock&& other) noexcept : descriptor_{std::exchange(other.descriptor_, -1)} {}

StateDirLock::~StateDirLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace certbound::app
