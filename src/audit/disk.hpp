#pragma once

#include <cstdint>
#include <string_view>

namespace certbound::audit {

/// The system calls that move records to the disk; virtual so that a test can cut the power at each of them. Each
/// behaves as the call of that name: -1 with errno where it fails.
class Disk {
 public:
  Disk() = default;
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;
  virtual ~Disk() = default;

  /// write(2): how many octets were written.
  [[nodiscard]] virtual std::int64_t write(int descriptor, std::string_view text);
  /// ftruncate(2).
  [[nodiscard]] virtual int truncate(int descriptor, std::int64_t size_bytes);
  /// fdatasync(2), of a file or a directory.
  [[nodiscard]] virtual int sync(int descriptor);
};

/// The one of the system.
[[nodiscard]] Disk& system_disk();

}  // namespace certbound::audit
