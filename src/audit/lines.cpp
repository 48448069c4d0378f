#include "audit/lines.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "base/file.hpp"

namespace certbound::audit {

namespace {

constexpr std::size_t kPiece = 1UL << 20;
constexpr std::size_t kMostInOneLine = 64UL << 20;

}  // namespace

Result<LineReader> LineReader::open(const std::filesystem::path& path) {
  FileDescriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.value() < 0) return invalid_input(path.string() + ": cannot open: " + system_error_text(errno));
  struct stat status {};
  if (::fstat(file.value(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return invalid_input(path.string() + ": not a regular file");
  }
  return LineReader{path, std::move(file)};
}

/// How many octets came; 0 at the end of the file.
Result<std::size_t> LineReader::fill() {
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= std::exchange(begin_, 0);
  }
  if (end_ > kMostInOneLine) return invalid_input(path_.string() + ": no audit log: a line of more than 64 MiB");
  if (buffer_.size() < end_ + kPiece) buffer_.resize(end_ + kPiece);
  for (;;) {
    const ssize_t count = ::read(file_.value(), buffer_.data() + end_, buffer_.size() - end_);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return invalid_input(path_.string() + ": cannot read: " + system_error_text(errno));
    end_ += static_cast<std::size_t>(count);
    return static_cast<std::size_t>(count);
  }
}

Result<std::optional<LineReader::Line>> LineReader::take_line() {
  std::size_t looked = begin_;
  for (;;) {
    const void* found = end_ == looked ? nullptr : std::memchr(buffer_.data() + looked, '\n', end_ - looked);
    if (found != nullptr) {
      const auto length = static_cast<std::size_t>(static_cast<const char*>(found) - (buffer_.data() + begin_));
      const Line line{{buffer_.data() + begin_, length}, true};
      begin_ += length + 1;
      return std::optional<Line>{line};
    }
    looked = end_ - begin_;
    const auto filled = fill();
    if (!filled) return filled.error();
    if (*filled > 0) continue;
    if (begin_ == end_) return std::optional<Line>{};
    const Line line{{buffer_.data() + begin_, end_ - begin_}, false};
    begin_ = end_;
    return std::optional<Line>{line};
  }
}

}  // namespace certbound::audit
