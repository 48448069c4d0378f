#pragma once

#include <cstdint>
#include <filesystem>

namespace certbound::audit {

/// What a record has survived when its answer leaves.
enum class Durability : std::uint8_t {
  kernel,  ///< handed to the kernel: survives a killed process
  fsync,   ///< on the disk: survives a power cut
};

/// `audit`.
struct Options {
  std::filesystem::path file = "audit.jsonl";  ///< relative to state_dir
  Durability durability = Durability::kernel;
  std::uint64_t rotate_size = 0;  ///< octets; a file that has reached it is set aside. 0: never
};

}  // namespace certbound::audit
