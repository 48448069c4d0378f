#include "config/surroundings.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <glob.h>
#include <string_view>

#include "base/file.hpp"

namespace certbound::config {

namespace {

/// One octet more than parse_tree accepts, so that it is the one that says why.
constexpr std::size_t kMostFileOctets = (16UL << 20) + 1;

std::optional<std::string> find_variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return std::string{value};
}

/// The directory's own name is no pattern.
std::string escape_glob(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view{"*?[]\\"}.find(c) != std::string_view::npos) out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

int stop_at_unreadable(const char* /*path*/, int error_number) {
  return error_number == ENOENT || error_number == ENOTDIR ? 0 : 1;
}

class GlobMatches {
 public:
  GlobMatches() = default;
  GlobMatches(const GlobMatches&) = delete;
  GlobMatches& operator=(const GlobMatches&) = delete;
  ~GlobMatches() { ::globfree(&matches_); }
  [[nodiscard]] ::glob_t& value() { return matches_; }

 private:
  ::glob_t matches_{};
};

Result<std::vector<std::filesystem::path>> find_matches(const std::filesystem::path& directory,
                                                        const std::string& pattern) {
  const bool is_absolute = pattern.starts_with('/');
  const std::string full = is_absolute || directory.empty() ? pattern : escape_glob(directory.string()) + "/" + pattern;
  GlobMatches matches;
  const int status = ::glob(full.c_str(), GLOB_NOSORT, &stop_at_unreadable, &matches.value());
  if (status == GLOB_NOMATCH) return std::vector<std::filesystem::path>{};
  if (status != 0) return invalid_input(full + ": cannot list the directory: " + system_error_text(errno));
  std::vector<std::filesystem::path> out{matches.value().gl_pathv, matches.value().gl_pathv + matches.value().gl_pathc};
  // Not glob's own order, which depends on the locale.
  std::sort(out.begin(), out.end());
  return out;
}

std::optional<unsigned> find_mode(const std::filesystem::path& path) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (error) return std::nullopt;
  return static_cast<unsigned>(status.permissions() & std::filesystem::perms::mask);
}

}  // namespace

Surroundings system_surroundings(WallTime now) {
  return {&find_variable, [](const std::filesystem::path& path) { return load_file(path, kMostFileOctets); },
          &find_matches, now, &find_mode};
}

}  // namespace certbound::config
