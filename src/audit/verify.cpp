#include "audit/verify.hpp"

#include <algorithm>
#include <utility>

#include "audit/lines.hpp"
#include "base/base64url.hpp"

namespace certbound::audit {

namespace {

std::string number(std::uint64_t value) { return std::to_string(value); }

bool names_hash_of(const std::optional<Link>& link, std::string_view line) {
  return link && link->prev == crypto::sha256(line).to_base64url();
}

class Verifier {
 public:
  explicit Verifier(const std::vector<Expectation>& expected) : expected_{expected} {}

  Result<Verification> run(const std::vector<OrderedFile>& files) {
    for (const OrderedFile& file : files) {
      if (auto checked = check_file(file.file); !checked) return std::move(checked).error();
      if (result_.broken) return std::move(result_);
    }
    check_end(files);
    return std::move(result_);
  }

 private:
  /// A line that does not fit, and what stands behind it.
  struct Suspect {
    std::string line;
    std::uint64_t line_number = 0;
    std::vector<std::string> behind;  // at most kMostTornLines
  };

  [[nodiscard]] std::uint64_t next_seq() const { return result_.head.seq + 1; }

  Result<void> check_file(const std::filesystem::path& file) {
    auto reader = LineReader::open(file);
    if (!reader) return std::move(reader).error();
    expects_anchor_ = true;
    for (line_number_ = 1;; ++line_number_) {
      const auto line = reader->take_line();
      if (!line) return line.error();
      if (!*line) break;
      result_.octets += (*line)->text.size() + 1;
      const auto link = parse_link((*line)->text);
      if ((*line)->is_ended && link && fits(*link, (*line)->text)) {
        advance(file, *link, (*line)->text);
      } else if (auto judged = judge(file, **line, *reader); !judged) {
        return judged;
      }
      if (result_.broken) return {};
    }
    if (expects_anchor_) remark(file, 0, "empty");
    return {};
  }

  /// Is the line what has to stand here?
  [[nodiscard]] bool fits(const Link& link, std::string_view line) const {
    const RecordKind kind = kind_of(line);
    if (kind == RecordKind::other || expects_anchor_ != (kind == RecordKind::anchor)) return false;
    if (kind == RecordKind::anchor && !has_known_format(line)) return false;
    if (has_begun_) return is_next(link, result_.head);
    return link.prev == kGenesis ? link.seq == 1 : link.seq > 1 && base64url_decode(link.prev).has_value();
  }

  void advance(const std::filesystem::path& file, const Link& link, std::string_view line) {
    const RecordKind kind = kind_of(line);
    if (!has_begun_) result_.has_genesis = link.prev == kGenesis;
    has_begun_ = true;
    result_.head = {link.seq, crypto::sha256(line)};
    ++result_.records;
    if (kind == RecordKind::anchor) result_.files.push_back({file, link.seq, link.seq});
    result_.files.back().last_seq = link.seq;
    expects_anchor_ = false;
    last_file_ = &file;
    last_line_ = line_number_;
    remark_on(file, link.seq, reason_of(line));
    check_expected(file);
  }

  void check_expected(const std::filesystem::path& file) {
    for (const Expectation& expectation : expected_) {
      if (expectation.head.seq != result_.head.seq) continue;
      if (expectation.head == result_.head) {
        result_.noted_seq = result_.head.seq;
        continue;
      }
      set_broken("rewritten", file, line_number_, result_.head.seq,
                 "the record is not the one that " + expectation.source +
                     " names: it, or one before it, was rewritten with the chain");
    }
  }

  void remark_on(const std::filesystem::path& file, std::uint64_t seq, std::string_view reason) {
    if (reason == "torn") remark(file, seq, "half a record stood at the end when the server opened the file");
    if (reason == "head_missing") remark(file, seq, "the file with the chain's head was gone when the server started");
    if (reason == "head_behind") {
      remark(file, seq,
             "records before this one were not noted when the server started: it was killed, or they were put there");
    }
    if (reason == "restarted") remark(file, seq, "the file was gone or empty when the server started");
    if (reason == "replaced") {
      remark(file, seq,
             "what the server found in the file's place did not end where the chain's head was; it was set aside");
    }
  }

  void remark(const std::filesystem::path& file, std::uint64_t seq, std::string what) {
    result_.remarks.push_back({file, line_number_, seq, std::move(what)});
  }

  void set_broken(std::string_view kind, std::filesystem::path file, std::uint64_t line, std::uint64_t seq,
                  std::string what) {
    result_.broken = Break{kind, std::move(file), line, seq, std::move(what)};
  }

  /// Half a line that the record behind it explains, or the break.
  Result<void> judge(const std::filesystem::path& file, const LineReader::Line& line, LineReader& reader) {
    Suspect suspect{std::string{line.text}, line_number_, {}};
    if (!line.is_ended) {
      set_broken("torn", file, line_number_, next_seq(), "half a record at the end of the file");
      return {};
    }
    std::string torn = suspect.line;
    while (suspect.behind.size() < kMostTornLines) {
      const auto behind = reader.take_line();
      if (!behind) return behind.error();
      if (!*behind || !(*behind)->is_ended) break;
      suspect.behind.emplace_back((*behind)->text);
      if (take_torn(file, suspect, torn)) return {};
      torn += "\n" + suspect.behind.back();
    }
    return set_break(file, suspect, reader);
  }

  /// The last line behind the suspect, where it says that `torn` stands before it.
  bool take_torn(const std::filesystem::path& file, const Suspect& suspect, std::string_view torn) {
    const std::string& line = suspect.behind.back();
    const auto link = parse_link(line);
    if (!link || !is_behind_torn(*link) || !names_torn(*link, torn) || !fits(*link, line)) return false;
    line_number_ += suspect.behind.size();
    result_.octets += torn.size() - suspect.line.size() + line.size() + 1;
    advance(file, *link, line);
    if (reason_of(line) != "torn")
      remark(file, link->seq, "half a record stood at the begin when the server opened the file");
    return true;
  }

  Result<void> set_break(const std::filesystem::path& file, const Suspect& suspect, LineReader& reader) {
    const auto link = parse_link(suspect.line);
    const RecordKind kind = kind_of(suspect.line);
    const auto here = [&](std::string_view what_kind, std::string what) {
      set_broken(what_kind, file, suspect.line_number, next_seq(), std::move(what));
    };
    if (!link || kind == RecordKind::other) {
      here("changed", "no record of the chain: it was changed, cut or put there");
    } else if (expects_anchor_ && kind != RecordKind::anchor) {
      here("removed", "the file does not begin with an anchor: its begin was cut");
    } else if (kind == RecordKind::anchor && !has_known_format(suspect.line)) {
      here("format", "an anchor of another format than " + number(kFormat));
    } else if (!expects_anchor_ && kind == RecordKind::anchor) {
      here("inserted", "an anchor (record " + number(link->seq) + ") in the middle of a file");
    } else if (!has_begun_) {
      here("changed", "the first anchor names no hash and is not the first record");
    } else if (link->prev == kGenesis) {
      here("genesis", "another chain begins here: the one before was given up at record " + number(result_.head.seq));
    } else if (link->seq < next_seq()) {
      here("inserted", "record " + number(link->seq) + " stands here, and record " + number(result_.head.seq) +
                           " before it: it was put there a second time, or in place of another");
    } else if (link->seq == next_seq()) {
      blame_one_of_two(file, suspect);
    } else {
      return blame_missing(file, suspect, *link, reader);
    }
    return {};
  }

  /// The record names another hash than that of the line before: one of them was changed, and the line behind, or who
  /// noted the head, tells which.
  void blame_one_of_two(const std::filesystem::path& file, const Suspect& suspect) {
    const Head here{next_seq(), crypto::sha256(suspect.line)};
    const auto is_here = [&here](const Expectation& expectation) { return expectation.head == here; };
    const bool is_vouched = std::any_of(expected_.begin(), expected_.end(), is_here) ||
                            (!suspect.behind.empty() && names_hash_of(parse_link(suspect.behind[0]), suspect.line));
    if (is_vouched) {
      set_broken("changed", *last_file_, last_line_, result_.head.seq,
                 "its hash is not the one that record " + number(here.seq) + " names: it was changed");
    } else {
      set_broken(
          "changed", file, suspect.line_number, here.seq,
          "it names another hash than that of record " + number(result_.head.seq) + ": one of the two was changed");
    }
  }

  Result<void> blame_missing(const std::filesystem::path& file, const Suspect& suspect, const Link& link,
                             LineReader& reader) {
    const std::uint64_t missing = next_seq();
    const std::string range = missing + 1 == link.seq ? "record " + number(missing)
                                                      : "records " + number(missing) + " to " + number(link.seq - 1);
    std::uint64_t found_at = 0;
    std::uint64_t at = suspect.line_number + 1;
    for (const std::string& line : suspect.behind) {
      if (found_at == 0 && has_seq(line, missing)) found_at = at;
      ++at;
    }
    for (; found_at == 0; ++at) {
      const auto line = reader.take_line();
      if (!line) return line.error();
      if (!*line) break;
      if (has_seq((*line)->text, missing)) found_at = at;
    }
    if (found_at != 0) {
      set_broken("reordered", file, suspect.line_number, missing,
                 "record " + number(link.seq) + " stands here, and record " + number(missing) + " in line " +
                     number(found_at));
    } else if (expects_anchor_) {
      set_broken("removed", file, suspect.line_number, missing,
                 range + " missing before this file: the end of " + last_file_->string() +
                     " was cut, or a file between them was not given");
    } else {
      set_broken("removed", file, suspect.line_number, missing, range + " missing before record " + number(link.seq));
    }
    return {};
  }

  [[nodiscard]] static bool has_seq(std::string_view line, std::uint64_t seq) {
    const auto link = parse_link(line);
    return link && link->seq == seq;
  }

  void check_end(const std::vector<OrderedFile>& files) {
    const std::filesystem::path file = last_file_ == nullptr ? files.back().file : *last_file_;
    for (const Expectation& expectation : expected_) {
      if (expectation.head.seq > result_.head.seq) {
        set_broken("truncated", file, last_line_, next_seq(),
                   "the chain ends with record " + number(result_.head.seq) + ", but " + expectation.source +
                       " names record " + number(expectation.head.seq) + ": the end was cut, or a file was not given");
        return;
      }
      if (expectation.head.seq < result_.files.front().first_seq) {
        set_broken("not_covered", result_.files.front().file, 1, expectation.head.seq,
                   "the files begin with record " + number(result_.files.front().first_seq) + ", behind the one that " +
                       expectation.source + " names");
        return;
      }
    }
    if (result_.records == 0)
      set_broken("truncated", file, 0, 1, "no record, and the server begins every file with one");
  }

  const std::vector<Expectation>& expected_;
  Verification result_;
  bool has_begun_ = false;
  bool expects_anchor_ = true;
  std::uint64_t line_number_ = 0;
  // Of the last record that was proven.
  const std::filesystem::path* last_file_ = nullptr;
  std::uint64_t last_line_ = 0;
};

/// Of the first line, or of the second where the first is half an anchor.
Result<std::uint64_t> first_seq(const std::filesystem::path& file) {
  auto reader = LineReader::open(file);
  if (!reader) return std::move(reader).error();
  for (int i = 0; i < 2; ++i) {
    const auto line = reader->take_line();
    if (!line) return line.error();
    if (!*line) break;
    if (const auto link = parse_link((*line)->text)) return link->seq;
  }
  return std::uint64_t{0};
}

}  // namespace

Result<std::vector<OrderedFile>> order_files(const std::vector<std::filesystem::path>& files) {
  std::vector<OrderedFile> ordered;
  for (const std::filesystem::path& file : files) {
    const auto seq = first_seq(file);
    if (!seq) return seq.error();
    ordered.push_back({file, *seq});
  }
  std::stable_sort(ordered.begin(), ordered.end(),
                   [](const OrderedFile& a, const OrderedFile& b) { return a.first_seq < b.first_seq; });
  return ordered;
}

Result<Verification> verify_files(const std::vector<std::filesystem::path>& files,
                                  const std::vector<Expectation>& expected) {
  const auto ordered = order_files(files);
  if (!ordered) return ordered.error();
  return Verifier{expected}.run(*ordered);
}

}  // namespace certbound::audit
