#include "audit/chained_file.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <utility>

#include "audit/rotation.hpp"
#include "base/file.hpp"
#include "base/log.hpp"

namespace certbound::audit {

namespace {

/// After a rotation that failed the file grows on, and nobody is helped by an attempt for each record.
constexpr std::chrono::minutes kRotateAgainAfter{1};
/// What a burst needed is given back.
constexpr std::size_t kKeptText = 1UL << 20;

Result<FileDescriptor> open_log(const std::filesystem::path& path) {
  FileDescriptor descriptor{::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0600)};
  if (descriptor.value() < 0) return invalid_input(path.string() + ": cannot open: " + system_error_text(errno));
  return descriptor;
}

}  // namespace

ChainedFile::ChainedFile(std::filesystem::path path, ChainedFileOptions options, metrics::Gauge head_seq, Disk& disk)
    : path_{std::move(path)}, options_{std::move(options)}, head_seq_{head_seq}, disk_{disk} {}

Result<std::unique_ptr<ChainedFile>> ChainedFile::open(const std::filesystem::path& path,
                                                       const ChainedFileOptions& options, metrics::Gauge head_seq,
                                                       Disk& disk) {
  std::unique_ptr<ChainedFile> file{new ChainedFile{path, options, head_seq, disk}};
  std::optional<Head> known;
  if (auto noted = load_head(head_path(path))) {
    known = *noted;
  } else {
    log::warning("audit_head_unreadable", {{"detail", noted.error().detail}});
  }
  auto descriptor = open_log(path);
  if (!descriptor) return std::move(descriptor).error();
  struct stat status {};
  if (known && ::fstat(descriptor->value(), &status) == 0 && status.st_size == 0) known = file->find_later(*known);
  if (auto taken = file->take_file(*std::move(descriptor), known ? "restarted" : "first", known, Unknown::taken);
      !taken) {
    return std::move(taken).error();
  }
  if (!known && !file->owed_.anchor) {
    log::warning("audit_head_missing", {{"file", head_path(path).string()}});
    file->owed_.records.push_back(render_note(options.clock(), "head_missing", std::nullopt));
  }
  if (known && !file->owed_.anchor && file->head_ != *known) {
    file->owed_.records.push_back(render_note(options.clock(), "head_behind", std::nullopt));
  }
  // A killed process left records with the kernel: no head is noted that a power cut could still take.
  if (options.durability == Durability::fsync) {
    if (const auto failure = file->sync()) return invalid_input(*failure);
  }
  file->noted_ = file->head_;
  if (auto opened = file->open_head_file(); !opened) return std::move(opened).error();
  return file;
}

Result<void> ChainedFile::open_head_file() {
  auto opened = HeadFile::open(head_path(path_));
  if (!opened) return std::move(opened).error();
  head_file_ = *std::move(opened);
  if (noted_.seq > 0) store_head(noted_);
  return {};
}

/// Where the file is gone or empty: a process that was killed may have written more to it than it noted, and whoever
/// rotates may have moved it since.
Head ChainedFile::find_later(const Head& known) const {
  Head latest = known;
  const auto files = find_rotated(path_);
  if (!files) return known;  // the folder cannot be listed: what was noted is what there is
  for (const std::filesystem::path& file : *files) {
    const FileDescriptor descriptor{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    const auto tail = load_tail(descriptor.value(), file, known);
    if (!tail || tail->state != TailState::goes_on) continue;
    if (tail->head.seq > latest.seq) latest = tail->head;
  }
  return latest;
}

/// Goes on in the file, or sets it aside and begins another. Where that fails, nothing has changed.
Result<void> ChainedFile::take_file(FileDescriptor descriptor, std::string_view reason,
                                    const std::optional<Head>& known, Unknown unknown) {
  auto tail = load_tail(descriptor.value(), path_, known);
  if (!tail) return std::move(tail).error();
  if (unknown == Unknown::refused && tail->state == TailState::goes_on && tail->head != *known) {
    tail->state = TailState::contradicts;
    tail->head = *known;
  }
  if (tail->state == TailState::contradicts) return replace_file(*tail);
  if (tail->state == TailState::empty) {
    begin_file(std::move(descriptor), {reason, {}, std::nullopt}, *tail);
    return {};
  }
  file_ = std::move(descriptor);
  head_ = tail->head;
  size_ = tail->size_bytes;
  owed_ = {};
  owed_.line_feed = tail->lacks_line_feed || !tail->torn.empty();
  if (!tail->torn.empty()) {
    log::warning("audit_half_record", {{"file", path_.string()}, {"octets", tail->torn.size()}});
    owed_.records.push_back(render_note(options_.clock(), "torn", make_torn(tail->torn)));
  }
  return {};
}

Result<void> ChainedFile::replace_file(const Tail& found) {
  auto aside = set_aside(path_, options_.clock());
  if (!aside) return std::move(aside).error();
  auto descriptor = open_log(path_);
  if (!descriptor) {
    if (auto back = rename_new(*aside, path_); !back) log::error("audit_file_lost", {{"detail", back.error().detail}});
    return std::move(descriptor).error();
  }
  log::error("audit_file_replaced", {{"file", path_.string()},
                                     {"set_aside", aside->string()},
                                     {"detail", "it does not end where the chain's noted head is"}});
  Tail fresh;
  fresh.head = found.head;
  begin_file(*std::move(descriptor), {"replaced", aside->filename().string(), std::nullopt}, fresh);
  return {};
}

void ChainedFile::begin_file(FileDescriptor descriptor, Anchor anchor, const Tail& found) {
  if (!found.torn.empty()) anchor.torn = make_torn(found.torn);
  file_ = std::move(descriptor);
  head_ = found.head;
  size_ = found.size_bytes;
  owed_ = {};
  owed_.line_feed = !found.torn.empty();
  owed_.anchor = true;
  owed_.records.push_back(render_anchor(options_.clock(), anchor));
  must_sync_directory_ = true;
}

std::optional<std::string> ChainedFile::append(std::span<const std::string> records) {
  const std::lock_guard lock{mutex_};
  return write_records(records);
}

std::optional<std::string> ChainedFile::write_records(std::span<const std::string> records) {
  if (must_look_again_) {
    if (auto looked = look_again(); !looked) return looked.error().detail;
  }
  if (options_.rotate_size != 0 && size_ >= options_.rotate_size && owed_.is_nothing()) rotate();
  Head next = head_;
  text_.clear();
  if (owed_.line_feed) text_.push_back('\n');
  for (const std::span<const std::string> part : {std::span<const std::string>{owed_.records}, records}) {
    for (const std::string& record : part) {
      const std::size_t begin = text_.size();
      text_ += record;
      seal(text_, begin, next);
    }
  }
  if (text_.empty()) return std::nullopt;
  if (auto failure = write_all(text_)) return failure;
  head_ = next;
  size_ += text_.size();
  if (!owed_.is_nothing()) owed_ = {};
  if (text_.capacity() > kKeptText) std::string{}.swap(text_);
  if (options_.durability == Durability::fsync) {
    if (auto failure = sync()) return failure;
  }
  head_seq_.set(static_cast<double>(head_.seq));
  if (!options_.on_head_behind) {
    store_head(head_);
  } else if (!std::exchange(is_head_behind_, true)) {
    options_.on_head_behind();
  }
  return std::nullopt;
}

/// Part of a write is in the file: whole records of it are of the chain, half a one is ended.
Result<void> ChainedFile::look_again() {
  FileDescriptor same{::fcntl(file_.value(), F_DUPFD_CLOEXEC, 0)};
  if (same.value() < 0) return invalid_input(path_.string() + ": cannot open: " + system_error_text(errno));
  if (auto taken = take_file(std::move(same), reason_of_new_file(), head_, Unknown::taken); !taken) return taken;
  must_look_again_ = false;
  return {};
}

/// All of `text` or, where the disk is full, none.
std::optional<std::string> ChainedFile::write_all(std::string_view text) {
  for (;;) {
    const std::int64_t count = disk_.write(file_.value(), text);
    if (count == static_cast<std::int64_t>(text.size())) return std::nullopt;
    if (count < 0 && errno == EINTR) continue;
    const std::string why = path_.string() + ": " + (count < 0 ? system_error_text(errno) : "the disk is full");
    struct stat status {};
    if (count <= 0) return why;
    if (::fstat(file_.value(), &status) == 0 && disk_.truncate(file_.value(), status.st_size - count) == 0) return why;
    must_look_again_ = true;
    return why + ", and half a record could not be taken back";
  }
}

std::optional<std::string> ChainedFile::sync() {
  if (disk_.sync(file_.value()) != 0) return path_.string() + ": cannot sync: " + system_error_text(errno);
  if (!must_sync_directory_) return std::nullopt;
  const std::filesystem::path folder = path_.has_parent_path() ? path_.parent_path() : ".";
  const FileDescriptor directory{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (directory.value() < 0 || disk_.sync(directory.value()) != 0) {
    return folder.string() + ": cannot sync: " + system_error_text(errno);
  }
  must_sync_directory_ = false;
  return std::nullopt;
}

/// The record is in the file whatever comes of this: a head that is behind is found out when the file is opened.
void ChainedFile::store_head(const Head& head) {
  noted_ = head;
  if (head == head_) is_head_behind_ = false;
  const bool has_failed = !head_file_ || !head_file_->store(head);
  if (has_failed && !has_head_file_failed_) {
    log::error("audit_head_failed", {{"file", head_path(path_).string()}, {"detail", system_error_text(errno)}});
  }
  has_head_file_failed_ = has_failed;
}

bool ChainedFile::is_open_under_its_name() const {
  struct stat named {};
  struct stat opened {};
  return ::stat(path_.c_str(), &named) == 0 && ::fstat(file_.value(), &opened) == 0 && named.st_dev == opened.st_dev &&
         named.st_ino == opened.st_ino;
}

void ChainedFile::rotate() {
  const auto now = std::chrono::steady_clock::now();
  if (now < rotate_again_) return;
  if (const auto rotated = try_rotate(); !rotated) {
    log::error("audit_rotation_failed", {{"detail", rotated.error().detail}});
    rotate_again_ = now + kRotateAgainAfter;
  }
}

/// Before the file is left: its last records may not be noted, nor, where a sync failed, be on the disk.
Result<void> ChainedFile::settle() {
  if (noted_ == head_) return {};
  if (options_.durability == Durability::fsync) {
    if (const auto failure = sync()) return invalid_input(*failure);
  }
  store_head(head_);
  return {};
}

Result<void> ChainedFile::try_rotate() {
  if (auto settled = settle(); !settled) return settled;
  std::filesystem::path aside;
  // Where somebody has moved it already, the name is free or another file's.
  if (is_open_under_its_name()) {
    auto moved = set_aside(path_, options_.clock());
    if (!moved) return std::move(moved).error();
    aside = *std::move(moved);
  }
  auto descriptor = open_log(path_);
  auto taken = descriptor ? take_file(*std::move(descriptor), reason_of_new_file(), head_, Unknown::refused)
                          : Result<void>{std::move(descriptor).error()};
  if (!taken) {
    if (aside.empty()) return taken;
    if (auto back = rename_new(aside, path_); !back) log::error("audit_file_lost", {{"detail", back.error().detail}});
    return taken;
  }
  log::info("audit_rotated", {{"file", path_.string()}, {"set_aside", aside.string()}, {"head", render_head(head_)}});
  return {};
}

Result<void> ChainedFile::reopen() {
  const std::lock_guard lock{mutex_};
  if (auto opened = open_head_file(); !opened) return opened;
  struct stat status {};
  const bool is_same = is_open_under_its_name() && ::fstat(file_.value(), &status) == 0 &&
                       static_cast<std::uint64_t>(status.st_size) == size_;
  if (is_same && !must_look_again_) return {};
  // What is owed to the file that is left, half a line's end above all. A disk that is full keeps it from that, too.
  if (const auto failure = write_records({})) log::error("audit_write_failed", {{"detail", *failure}});
  if (auto settled = settle(); !settled) return settled;
  auto descriptor = open_log(path_);
  if (!descriptor) return std::move(descriptor).error();
  auto taken = take_file(*std::move(descriptor), reason_of_new_file(), head_, Unknown::refused);
  if (!taken) return taken;
  must_look_again_ = false;
  log::info("audit_rotated", {{"file", path_.string()}, {"set_aside", ""}, {"head", render_head(head_)}});
  return {};
}

void ChainedFile::note_head() {
  const std::lock_guard lock{mutex_};
  if (is_head_behind_) store_head(head_);
}

Head ChainedFile::head() {
  const std::lock_guard lock{mutex_};
  return head_;
}

}  // namespace certbound::audit
