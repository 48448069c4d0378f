#include "store/sqlite/database_file.hpp"

#include <cerrno>
#include <string>
#include <sys/stat.h>

#include "base/file.hpp"

namespace certbound::store::sqlite {

std::filesystem::path wal_path(const std::filesystem::path& database) {
  std::filesystem::path path = database;
  path += "-wal";
  return path;
}

Result<void> prepare_database_file(const std::filesystem::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0) return check_database_file(path);
  if (errno != ENOENT) return invalid_input(path.string() + ": " + system_error_text(errno));
  return create_file(path, {}, 0600);
}

Result<void> check_database_file(const std::filesystem::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return invalid_input(path.string() + ": there is no database; start certbound serve once");
    return invalid_input(path.string() + ": " + system_error_text(errno));
  }
  if (!S_ISREG(status.st_mode)) return invalid_input(path.string() + ": not a regular file");
  if ((status.st_mode & 077U) != 0) {
    return invalid_input(path.string() + ": it holds private keys and others than its owner may use it; chmod 600 it");
  }
  return {};
}

}  // namespace certbound::store::sqlite
