#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "audit/chain.hpp"
#include "audit/denial_change.hpp"
#include "audit/disk.hpp"
#include "audit/event.hpp"
#include "audit/options.hpp"
#include "audit/secret_change.hpp"
#include "base/metrics.hpp"
#include "base/result.hpp"
#include "base/task.hpp"

namespace certbound::audit {

/// The audit file. A record is with the kernel (or, with Durability::fsync, on the disk) before record() returns, so
/// that an answer never leaves before its record. One for the process; record() may be called from every worker.
///
/// With Durability::kernel the caller writes: one write(2) of one line to a file opened with O_APPEND (docs/adr/0009).
/// With Durability::fsync one thread writes what is queued and syncs once for all of it. Every record carries the hash
/// of the one before it; where the chain ends is noted beside the file, with Durability::kernel within 10 ms by a
/// thread, and when the writer is destroyed (docs/adr/0019).
class Writer {
 public:
  /// Opens or creates `file` (`options.file` is not looked at), mode 0600, and its head beside it; goes on in its
  /// chain. `disk` outlives the writer. Errors: `invalid_request`, `detail` names the file and what the system said.
  [[nodiscard]] static Result<std::unique_ptr<Writer>> open(const std::filesystem::path& file, const Options& options,
                                                            metrics::Registry& registry, Disk& disk = system_disk());
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer();

  /// Errors: `temporarily_unavailable`, Reason::audit_unavailable where the record could not be written (disk full,
  /// queue full): then nothing may be granted.
  [[nodiscard]] Task<Result<void>> record(const Event& event);

  /// The same for what is no request's, and without a coroutine: waits for the disk, so not on a thread that serves.
  [[nodiscard]] Result<void> record(const DenialChange& change);
  [[nodiscard]] Result<void> record(const SecretChange& change);

  /// Opens the file anew under its name, after a rotation by logrotate. Errors: as open(); the old file stays in use.
  [[nodiscard]] Result<void> reopen();

  /// The last record of the chain. Waits for a write that is under way.
  [[nodiscard]] Head head() const;

  /// For /readyz: false for kRetryAfter after a write that failed. Then true again, since whoever asks /readyz sends no
  /// request to a server that is not ready, and only a request shows whether there is room again.
  [[nodiscard]] bool is_healthy(std::chrono::steady_clock::time_point now = std::chrono::steady_clock::now()) const;
  static constexpr std::chrono::seconds kRetryAfter{5};

 private:
  struct State;
  explicit Writer(std::unique_ptr<State> state);
  [[nodiscard]] Result<void> record_line(std::string line);
  std::unique_ptr<State> state_;
};

}  // namespace certbound::audit
