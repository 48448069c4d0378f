#include "audit/disk.hpp"

#include <unistd.h>

namespace certbound::audit {

std::int64_t Disk::write(int descriptor, std::string_view text) {
  return ::write(descriptor, text.data(), text.size());
}

int Disk::truncate(int descriptor, std::int64_t size_bytes) { return ::ftruncate(descriptor, size_bytes); }

int Disk::sync(int descriptor) { return ::fdatasync(descriptor); }

Disk& system_disk() {
  static Disk disk;
  return disk;
}

}  // namespace certbound::audit
