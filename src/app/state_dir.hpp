#pragma once

#include <filesystem>

#include "base/result.hpp"

namespace certbound::app {

/// Makes the state directory with mode 0700 where it is missing (its parent must exist). Errors: `invalid_request`
/// where it cannot be made, is not a directory, or may be written by others: it holds signing keys.
[[nodiscard]] Result<void> prepare_state_dir(const std::filesystem::path& directory);

/// Keeps another daemon from using the same state directory: two of them would each make the registry what its own
/// configuration says. Held until it is destroyed, or the process ends in whatever way.
class StateDirLock {
 public:
  /// Errors: `invalid_request` where another process holds it, or the file cannot be made.
  [[nodiscard]] static Result<StateDirLock> acquire(const std::filesystem::path& directory);
  StateDirLock(StateDirLock&& other) noexcept;
  StateDirLock& operator=(StateDirLock&&) = delete;
  ~StateDirLock();

 private:
  explicit StateDirLock(int descriptor) : descriptor_{descriptor} {}
  int descriptor_;
};

}  // namespace certbound::app
