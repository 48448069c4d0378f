#include "base/file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "base/file_descriptor.hpp"

namespace certbound {

namespace {

Error file_error(const std::filesystem::path& path, std::string_view what, int error_number) {
  return invalid_input(path.string() + ": " + std::string{what} + ": " + system_error_text(error_number));
}

Result<std::string> read_all(const FileDescriptor& file, const std::filesystem::path& path, std::size_t size,
                             std::size_t max_bytes) {
  std::string content;
  content.reserve(std::min(size, max_bytes));  // a list of revoked certificates has 50 MB: it is not moved about
  std::array<char, 65536> buffer{};
  for (;;) {
    const ssize_t count = ::read(file.value(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return file_error(path, "cannot read", errno);
    if (count == 0) return content;
    content.append(buffer.data(), static_cast<std::size_t>(count));
    if (content.size() > max_bytes) {
      return invalid_input(path.string() + ": larger than " + std::to_string(max_bytes) + " octets");
    }
  }
}

/// Writes and syncs.
Result<void> write_parts(const FileDescriptor& file, const std::filesystem::path& path,
                         std::initializer_list<std::string_view> parts) {
  for (std::string_view rest : parts) {
    while (!rest.empty()) {
      const ssize_t count = ::write(file.value(), rest.data(), rest.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return file_error(path, "cannot write", errno);
      rest.remove_prefix(static_cast<std::size_t>(count));
    }
  }
  if (::fsync(file.value()) != 0) return file_error(path, "cannot sync", errno);
  return {};
}

}  // namespace

std::string system_error_text(int error_number) { return std::generic_category().message(error_number); }

Result<std::string> load_file(const std::filesystem::path& path, std::size_t max_bytes) {
  const FileDescriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.value() < 0) return file_error(path, "cannot open", errno);
  struct stat status {};
  if (::fstat(file.value(), &status) != 0) return file_error(path, "cannot stat", errno);
  if (!S_ISREG(status.st_mode)) return invalid_input(path.string() + ": not a regular file");
  return read_all(file, path, static_cast<std::size_t>(status.st_size), max_bytes);
}

Result<void> create_file(const std::filesystem::path& path, std::string_view content, unsigned mode) {
  const FileDescriptor file{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)};
  if (file.value() < 0) return file_error(path, "cannot create", errno);
  return write_parts(file, path, {content});
}

Result<void> replace_file(const std::filesystem::path& path, std::initializer_list<std::string_view> parts,
                          unsigned mode) {
  std::filesystem::path temporary = path;
  temporary += ".tmp";
  // What a process that was killed left behind; O_EXCL, so that nothing is written through a link.
  if (::unlink(temporary.c_str()) != 0 && errno != ENOENT) return file_error(temporary, "cannot remove", errno);
  {
    const FileDescriptor file{::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)};
    if (file.value() < 0) return file_error(temporary, "cannot create", errno);
    if (auto written = write_parts(file, temporary, parts); !written) {
      (void)::unlink(temporary.c_str());  // a full disk keeps no half; the error of the write is what counts
      return written;
    }
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) return file_error(path, "cannot replace", errno);
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  const FileDescriptor directory{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (directory.value() < 0) return file_error(folder, "cannot open", errno);
  if (::fsync(directory.value()) != 0) return file_error(folder, "cannot sync", errno);
  return {};
}

}  // namespace certbound
