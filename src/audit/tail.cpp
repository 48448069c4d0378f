#include "audit/tail.hpp"

#include <algorithm>
#include <cerrno>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "base/file.hpp"

namespace certbound::audit {

namespace {

constexpr std::uint64_t kBlock = 65536;
constexpr std::size_t kLongestLine = 16UL << 20;

/// The lines of a file from its end to its begin.
class BackwardLines {
 public:
  BackwardLines(int descriptor, const std::filesystem::path& path, std::uint64_t size)
      : descriptor_{descriptor}, path_{path}, offset_{size} {}

  /// What stands behind the last line feed. To be called first, once.
  [[nodiscard]] Result<std::string> take_half() {
    for (;;) {
      const std::size_t end = rest_.rfind('\n') + 1;
      if (end == 0 && offset_ > 0) {
        if (auto loaded = load_more(); !loaded) return std::move(loaded).error();
        continue;
      }
      std::string half = rest_.substr(end);
      rest_.resize(end);
      return half;
    }
  }

  /// The line before, without its line feed; nothing at the begin of the file.
  [[nodiscard]] Result<std::optional<std::string>> take_line() {
    for (;;) {
      const std::size_t begin = rest_.size() < 2 ? 0 : rest_.rfind('\n', rest_.size() - 2) + 1;
      if (begin == 0 && offset_ > 0) {
        if (auto loaded = load_more(); !loaded) return std::move(loaded).error();
        continue;
      }
      if (rest_.empty()) return std::optional<std::string>{};
      std::string line = rest_.substr(begin, rest_.size() - begin - 1);
      rest_.resize(begin);
      return std::optional<std::string>{std::move(line)};
    }
  }

 private:
  Result<void> load_more() {
    if (rest_.size() > kLongestLine) {
      return invalid_input(path_.string() + ": no audit log: a line of more than 16 MiB; move it away");
    }
    std::string block(std::min(kBlock, offset_), '\0');
    std::size_t filled = 0;
    while (filled < block.size()) {
      const ssize_t count = ::pread(descriptor_, block.data() + filled, block.size() - filled,
                                    static_cast<off_t>(offset_ - block.size() + filled));
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) {
        return invalid_input(path_.string() +
                             ": cannot read: " + (count < 0 ? system_error_text(errno) : "it became shorter"));
      }
      filled += static_cast<std::size_t>(count);
    }
    offset_ -= block.size();
    rest_.insert(0, block);
    return {};
  }

  const int descriptor_;
  const std::filesystem::path& path_;
  std::uint64_t offset_;  // where rest_ begins
  std::string rest_;      // what was read and not taken
};

/// What stands before the record, which says that it is torn, is taken. False where it is something else.
Result<bool> skip_torn(BackwardLines& lines, const Link& record) {
  std::string torn;
  for (std::size_t i = 0; i < kMostTornLines; ++i) {
    const auto line = lines.take_line();
    if (!line) return line.error();
    if (!*line) return false;
    if (i > 0) torn.insert(0, 1, '\n');
    torn.insert(0, **line);
    if (names_torn(record, torn)) return true;
  }
  return false;
}

/// Do the records from `last` back to the one behind `known` follow from it?
Result<bool> reaches_back(BackwardLines& lines, std::string last, const Head& known) {
  for (;;) {
    const auto link = parse_link(last);
    if (!link || link->seq <= known.seq) return link && Head{link->seq, crypto::sha256(last)} == known;
    if (is_behind_torn(*link)) {
      auto skipped = skip_torn(lines, *link);
      if (!skipped || !*skipped) return skipped;
    }
    auto before = lines.take_line();
    if (!before) return std::move(before).error();
    if (!*before) return is_next(*link, known);
    const auto link_before = parse_link(**before);
    if (!link_before || !is_next(*link, {link_before->seq, crypto::sha256(**before)})) return false;
    last = *std::move(*before);
  }
}

/// The end of what is torn as the record behind `tail.head`, where it is that but for its line feed.
void take_unended(Tail& tail) {
  const std::size_t begin = tail.torn.rfind('\n') + 1;
  const std::string_view half = std::string_view{tail.torn}.substr(begin);
  const auto link = parse_link(half);
  if (!link || !is_next(*link, tail.head)) return;
  if (begin > 0 && !names_torn(*link, std::string_view{tail.torn}.substr(0, begin - 1))) return;
  if ((tail.state == TailState::empty) != (kind_of(half) == RecordKind::anchor)) return;
  tail.head = {link->seq, crypto::sha256(half)};
  tail.torn.clear();
  tail.lacks_line_feed = true;
  tail.state = TailState::goes_on;
}

/// The last line that is a record, or the first of the file; what stands behind it goes to `torn`.
Result<std::optional<std::string>> take_last_record(BackwardLines& lines, std::string& torn) {
  auto half = lines.take_half();
  if (!half) return std::move(half).error();
  torn = *std::move(half);
  for (std::size_t i = 0;; ++i) {
    auto line = lines.take_line();
    if (!line || !*line || parse_link(**line) || i == kMostTornLines) return line;
    torn.insert(0, 1, '\n');
    torn.insert(0, **line);
  }
}

}  // namespace

Result<Tail> load_tail(int descriptor, const std::filesystem::path& path, const std::optional<Head>& known) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
    return invalid_input(path.string() + ": not a regular file");
  }
  Tail tail;
  tail.size_bytes = static_cast<std::uint64_t>(status.st_size);
  tail.head = known.value_or(Head{});
  BackwardLines lines{descriptor, path, tail.size_bytes};
  const auto last = take_last_record(lines, tail.torn);
  if (!last) return last.error();
  if (*last) {
    tail.state = TailState::contradicts;
    const auto link = parse_link(**last);
    if (!link) return tail;
    if (known) {
      const auto reaches = reaches_back(lines, **last, *known);
      if (!reaches) return reaches.error();
      if (!*reaches) return tail;
    }
    tail.state = TailState::goes_on;
    tail.head = {link->seq, crypto::sha256(**last)};
  } else if (tail.torn.find('\n') != std::string::npos) {
    // Whole lines, and none is a record: another log, or one that had no chain.
    tail.state = TailState::contradicts;
    return tail;
  }
  if (!tail.torn.empty()) take_unended(tail);
  return tail;
}

}  // namespace certbound::audit
