#include "config/source.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace certbound::config {

namespace {

constexpr std::size_t kLongestLineShown = 400;
constexpr std::size_t kMostProblems = 1000;

}  // namespace

Mark mark_at(std::string_view text, std::size_t offset) {
  Mark mark;
  for (const char c : text.substr(0, offset)) {
    if (c == '\n') {
      ++mark.line;
      mark.column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xc0U) != 0x80) {
      ++mark.column;
    }
  }
  return mark;
}

Source::Source(const std::filesystem::path& path, std::string text, std::size_t order)
    : name_{path.string()}, directory_{path.parent_path()}, text_{std::move(text)}, order_{order} {}

std::string_view Source::line(std::uint32_t number) const {
  std::string_view rest = text_;
  for (std::uint32_t current = 1; current < number; ++current) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) return {};
    rest.remove_prefix(end + 1);
  }
  std::string_view found = rest.substr(0, rest.find('\n'));
  if (found.ends_with('\r')) found.remove_suffix(1);
  return found.size() <= kLongestLineShown ? found : std::string_view{};
}

void Report::add(const Source& source, Mark start, Mark end, std::string key, std::string message, Severity severity) {
  // Counted apart, so that warnings leave room for the errors.
  std::size_t& count = severity == Severity::error ? errors_ : warnings_;
  if (++count > kMostProblems) {
    ++dropped_;
    return;
  }
  Problem problem;
  problem.file = source.name();
  problem.line = static_cast<int>(start.line);
  problem.column = static_cast<int>(start.column);
  problem.key = std::move(key);
  problem.message = std::move(message);
  problem.severity = severity;
  problem.source_line = std::string{source.line(start.line)};
  if (end.line == start.line && end.column > start.column) problem.width = static_cast<int>(end.column - start.column);
  entries_.push_back({source.order(), std::move(problem)});
}

void Report::add_unreadable(std::string file, std::string message) {
  ++errors_;
  Problem problem;
  problem.file = std::move(file);
  problem.message = std::move(message);
  entries_.push_back({0, std::move(problem)});
}

std::vector<Problem> Report::take_sorted() {
  std::stable_sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.order, a.problem.line, a.problem.column) < std::tie(b.order, b.problem.line, b.problem.column);
  });
  std::vector<Problem> out;
  out.reserve(entries_.size() + 1);
  for (Entry& entry : entries_) out.push_back(std::move(entry.problem));
  if (dropped_ > 0) {
    Problem last;
    last.file = out.front().file;
    last.message = std::to_string(dropped_) + " further problems are not shown; mend these first";
    out.push_back(std::move(last));
  }
  entries_.clear();
  return out;
}

}  // namespace certbound::config
