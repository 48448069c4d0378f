#include "app/state_dir.hpp"

#include <cerrno>
#include <sys/stat.h>

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

}  // namespace certbound::app
