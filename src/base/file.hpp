#pragma once

#include <cstddef>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace certbound {

/// The whole file. Refuses anything but a regular file (a FIFO would block) and what is larger than `max_bytes`.
/// Errors: `invalid_request`, `detail` names the file and what the system said.
[[nodiscard]] Result<std::string> load_file(const std::filesystem::path& path, std::size_t max_bytes = 16UL << 20);

/// Creates the file with `mode` (0600 for a secret) and writes it; refuses one that exists. fsync before it returns.
[[nodiscard]] Result<void> create_file(const std::filesystem::path& path, std::string_view content, unsigned mode);

/// Writes `parts`, one after the other, as the whole content of `path`, with `mode`: whoever reads it, also after a
/// power cut, finds the old content or the new. `path` with `.tmp` behind it is made and replaced on the way; one
/// writer at a time.
[[nodiscard]] Result<void> replace_file(const std::filesystem::path& path,
                                        std::initializer_list<std::string_view> parts, unsigned mode);

/// The system's text for `errno`, thread safe.
[[nodiscard]] std::string system_error_text(int error_number);

}  // namespace certbound
