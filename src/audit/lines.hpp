#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_descriptor.hpp"
#include "base/result.hpp"

namespace certbound::audit {

/// Reads a file line by line, in large pieces: gigabytes in seconds.
class LineReader {
 public:
  struct Line {
    std::string_view text;  ///< without its line feed; until the next call
    bool is_ended = true;   ///< false: the last of the file, and no line feed behind it
  };

  /// Errors: `invalid_request` where it cannot be opened or is no regular file.
  [[nodiscard]] static Result<LineReader> open(const std::filesystem::path& path);

  /// The next line; nothing at the end. Errors: `invalid_request` where reading fails, or a line has more than 64 MiB.
  [[nodiscard]] Result<std::optional<Line>> take_line();

 private:
  LineReader(std::filesystem::path path, FileDescriptor file) : path_{std::move(path)}, file_{std::move(file)} {}
  [[nodiscard]] Result<std::size_t> fill();

  std::filesystem::path path_;
  FileDescriptor file_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace certbound::audit
