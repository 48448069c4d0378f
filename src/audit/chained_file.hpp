#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <pthread.h>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "audit/chain.hpp"
#include "audit/disk.hpp"
#include "audit/head_file.hpp"
#include "audit/options.hpp"
#include "audit/tail.hpp"
#include "base/clock.hpp"
#include "base/file_descriptor.hpp"
#include "base/metrics.hpp"
#include "base/result.hpp"

namespace certbound::audit {

/// A lock that is held for the microseconds of one write: whoever waits tries again for about as long before sleeping,
/// since to be woken costs more than the write. Meets BasicLockable.
class BriefLock {
 public:
  BriefLock() = default;
  BriefLock(const BriefLock&) = delete;
  BriefLock& operator=(const BriefLock&) = delete;
  ~BriefLock() { pthread_mutex_destroy(&mutex_); }
  void lock() { pthread_mutex_lock(&mutex_); }
  void unlock() { pthread_mutex_unlock(&mutex_); }

 private:
  ::pthread_mutex_t mutex_ = PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP;
};

struct ChainedFileOptions {
  Durability durability = Durability::kernel;
  std::uint64_t rotate_size = 0;  ///< octets; 0: never
  WallClock clock = &wall_now;    ///< for anchors, notes and the names of what is set aside
  /// With Durability::kernel: called by append() where the head was up to date before, so that somebody calls
  /// note_head() soon. Must not wait. Without it append() notes the head itself.
  std::function<void()> on_head_behind;
};

/// The open audit log: appends records to a file and to their hash chain, which goes on across files and restarts
/// (docs/adr/0019). The chain's head advances only with what is in the file. Every function may be called from any
/// thread and holds one lock.
class ChainedFile {
 public:
  /// Opens or makes the file, mode 0600, and finds where its chain goes on. What stands there and does not end where
  /// the chain's noted head is, is set aside: the server goes on, and the chain tells. The anchor or note that says
  /// what was found is written by the next append(). Errors: `invalid_request`, `detail` names the file and what the
  /// system said.
  [[nodiscard]] static Result<std::unique_ptr<ChainedFile>> open(const std::filesystem::path& path,
                                                                 const ChainedFileOptions& options,
                                                                 metrics::Gauge head_seq, Disk& disk);

  /// Seals `records` (as render_event() makes them), in that order, and writes them at once; with Durability::fsync
  /// they are on the disk when it returns. Before them what is owed: an anchor, notes. Where that fails none of them
  /// counts: then it says why; what was written in part is taken back or, where that fails too, ended before the next
  /// record.
  [[nodiscard]] std::optional<std::string> append(std::span<const std::string> records);

  /// Opens the file anew under its name, where that names another by now. Errors: as open(); the old file stays in use.
  [[nodiscard]] Result<void> reopen();

  [[nodiscard]] Head head();

  /// Notes the head, where that is behind.
  void note_head();

 private:
  /// Records that follow from the known head, and that this process has not written.
  enum class Unknown : std::uint8_t {
    taken,    ///< of a process before, or of a write that failed
    refused,  ///< somebody put them there while this process had the file
  };

  /// What has to be written before the next record.
  struct Owed {
    bool line_feed = false;            // the file ends in a line without
    bool anchor = false;               // the file is new: an anchor is among the records
    std::vector<std::string> records;  // not yet sealed

    [[nodiscard]] bool is_nothing() const { return !line_feed && records.empty(); }
  };

  ChainedFile(std::filesystem::path path, ChainedFileOptions options, metrics::Gauge head_seq, Disk& disk);

  [[nodiscard]] Result<void> open_head_file();
  [[nodiscard]] Result<void> take_file(FileDescriptor descriptor, std::string_view reason,
                                       const std::optional<Head>& known, Unknown unknown);
  [[nodiscard]] Result<void> replace_file(const Tail& found);
  void begin_file(FileDescriptor descriptor, Anchor anchor, const Tail& found);
  [[nodiscard]] std::optional<std::string> write_records(std::span<const std::string> records);
  [[nodiscard]] bool is_open_under_its_name() const;
  [[nodiscard]] Head find_later(const Head& known) const;
  [[nodiscard]] Result<void> settle();
  void rotate();
  [[nodiscard]] Result<void> try_rotate();
  [[nodiscard]] std::optional<std::string> write_all(std::string_view text);
  [[nodiscard]] std::optional<std::string> sync();
  void store_head(const Head& head);
  [[nodiscard]] Result<void> look_again();
  [[nodiscard]] std::string_view reason_of_new_file() const { return head_.seq == 0 ? "first" : "rotated"; }

  const std::filesystem::path path_;
  const ChainedFileOptions options_;
  metrics::Gauge head_seq_;
  Disk& disk_;
  BriefLock mutex_;  // guards all below
  FileDescriptor file_;
  std::optional<HeadFile> head_file_;
  bool has_head_file_failed_ = false;
  Head head_;
  Head noted_;                   // in the head's file, or tried; on the disk with Durability::fsync
  bool is_head_behind_ = false;  // somebody was asked to note it
  Owed owed_;
  std::string text_;  // of one append; kept for its memory
  std::uint64_t size_ = 0;
  bool must_look_again_ = false;      // part of a write is in the file: how much, its end tells
  bool must_sync_directory_ = false;  // the file is new in it
  std::chrono::steady_clock::time_point rotate_again_{};
};

}  // namespace certbound::audit
