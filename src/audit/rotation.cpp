#include "audit/rotation.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <string>
#include <system_error>
#include <unistd.h>

#include "base/file.hpp"

namespace certbound::audit {

namespace {

constexpr int kMostNames = 10000;

/// 0, or errno.
int rename_no_replace(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  // A file system that cannot do it at once: for a moment the file has both names.
  if (::link(from.c_str(), to.c_str()) != 0) return errno;
  return ::unlink(from.c_str()) == 0 ? 0 : errno;
}

Error rename_error(const std::filesystem::path& from, const std::filesystem::path& to, int error_number) {
  return invalid_input(from.string() + ": cannot be renamed to " + to.filename().string() + ": " +
                       system_error_text(error_number));
}

/// `20261121T184500Z`
std::string render_stamp(WallTime now) {
  std::string stamp = to_rfc3339(now);
  std::erase_if(stamp, [](char c) { return c == '-' || c == ':'; });
  return stamp;
}

bool is_rotated_suffix(std::string_view suffix) {
  return suffix.size() > 1 && suffix.front() == '.' &&
         suffix.find_first_not_of("0123456789TZ.", 1) == std::string_view::npos;
}

}  // namespace

Result<std::filesystem::path> set_aside(const std::filesystem::path& log, WallTime now) {
  const std::string base = log.string() + "." + render_stamp(now);
  std::filesystem::path name = base;
  for (int number = 2; number <= kMostNames; ++number) {
    const int failure = rename_no_replace(log, name);
    if (failure == 0) return name;
    if (failure != EEXIST) return rename_error(log, name, failure);
    name = base + "." + std::to_string(number);
  }
  return rename_error(log, base, EEXIST);
}

Result<void> rename_new(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (const int failure = rename_no_replace(from, to); failure != 0) return rename_error(from, to, failure);
  return {};
}

Result<std::vector<std::filesystem::path>> find_rotated(const std::filesystem::path& log) {
  const std::filesystem::path folder = log.has_parent_path() ? log.parent_path() : ".";
  const std::string name = log.filename().string();
  std::vector<std::filesystem::path> found;
  std::error_code error;
  for (std::filesystem::directory_iterator entry{folder, error}, end; !error && entry != end; entry.increment(error)) {
    const std::string other = entry->path().filename().string();
    if (other == name || (other.starts_with(name) && is_rotated_suffix(std::string_view{other}.substr(name.size())))) {
      found.push_back(log.parent_path() / other);
    }
  }
  if (error) return invalid_input(folder.string() + ": cannot read: " + error.message());
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace certbound::audit
