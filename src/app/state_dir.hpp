#pragma once

#include <filesystem>

#include "base/result.hpp"

namespace certbound::app {

/// Makes the state directory with mode 0700 where it is missing (its parent must exist). Errors: `invalid_request`
/// where it cannot be made, is not a directory, or may be written by others: it holds signing keys.
[[nodiscard]] Result<void> prepare_state_dir(const std::filesystem::path& directory);

}  // namespace certbound::app
