#pragma once

#include <filesystem>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace certbound::audit {

/// Gives the file `log` the name `log.YYYYMMDDTHHMMSSZ` of `now`, or with `.2`, `.3` and so on behind it where that is
/// taken; never overwrites. Errors: `invalid_request`.
[[nodiscard]] Result<std::filesystem::path> set_aside(const std::filesystem::path& log, WallTime now);

/// Gives `from` the name `to`; refuses where `to` exists. Errors: `invalid_request`.
[[nodiscard]] Result<void> rename_new(const std::filesystem::path& from, const std::filesystem::path& to);

/// `log`, where it exists, and what a rotation made of it in its folder, by set_aside() or by numbers (`log.1`); not
/// what was compressed. In the order of their names. Errors: `invalid_request` where the folder cannot be read.
[[nodiscard]] Result<std::vector<std::filesystem::path>> find_rotated(const std::filesystem::path& log);

}  // namespace certbound::audit
