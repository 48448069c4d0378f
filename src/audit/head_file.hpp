#pragma once

#include <filesystem>
#include <optional>

#include "audit/chain.hpp"
#include "base/file_descriptor.hpp"
#include "base/result.hpp"

namespace certbound::audit {

/// `audit.jsonl.head` beside `audit.jsonl`: where the chain's head is noted, so that it goes on where the log is gone
/// and a log that was cut at its end is found out.
[[nodiscard]] std::filesystem::path head_path(const std::filesystem::path& log);

/// The head that a file holds; nothing where there is no such file or it is empty. Errors: `invalid_request` where it
/// cannot be read or holds none.
[[nodiscard]] Result<std::optional<Head>> load_head(const std::filesystem::path& file);

/// The open file: one line of a fixed length, written over each time. One thread at a time.
class HeadFile {
 public:
  /// Opens or makes it, mode 0600. Errors: `invalid_request`.
  [[nodiscard]] static Result<HeadFile> open(const std::filesystem::path& file);

  /// With the kernel when it returns. False where it failed, with errno.
  [[nodiscard]] bool store(const Head& head) const;

 private:
  explicit HeadFile(FileDescriptor descriptor) : descriptor_{std::move(descriptor)} {}
  FileDescriptor descriptor_;
};

}  // namespace certbound::audit
