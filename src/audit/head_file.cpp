#include "audit/head_file.hpp"

#include <cerrno>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "base/file.hpp"

namespace certbound::audit {

namespace {

constexpr std::size_t kMostHeadOctets = 128;
/// Of the longest number.
constexpr std::size_t kSeqDigits = 20;

}  // namespace

std::filesystem::path head_path(const std::filesystem::path& log) {
  std::filesystem::path path = log;
  path += ".head";
  return path;
}

Result<std::optional<Head>> load_head(const std::filesystem::path& file) {
  if (::access(file.c_str(), F_OK) != 0 && errno == ENOENT) return std::optional<Head>{};
  auto text = load_file(file, kMostHeadOctets);
  if (!text) return std::move(text).error();
  if (text->empty()) return std::optional<Head>{};
  if (text->back() == '\n') text->pop_back();
  auto head = parse_head(*text);
  if (!head) return invalid_input(file.string() + ": does not hold the head of a chain");
  return head;
}

Result<HeadFile> HeadFile::open(const std::filesystem::path& file) {
  FileDescriptor descriptor{::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)};
  if (descriptor.value() < 0) return invalid_input(file.string() + ": cannot open: " + system_error_text(errno));
  struct stat status {};
  if (::fstat(descriptor.value(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return invalid_input(file.string() + ": not a regular file");
  }
  return HeadFile{std::move(descriptor)};
}

bool HeadFile::store(const Head& head) const {
  std::string line = render_head(head);
  line.insert(0, kSeqDigits - line.find(':'), '0');
  line.push_back('\n');
  // At once, so that whoever reads it finds one head or the other.
  return ::pwrite(descriptor_.value(), line.data(), line.size(), 0) == static_cast<ssize_t>(line.size());
}

}  // namespace certbound::audit
