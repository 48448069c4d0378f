#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/denial.hpp"

namespace certbound::store {

/// Reads denials. Threads and errors as ClientReader.
class DenialReader {
 public:
  DenialReader() = default;
  DenialReader(const DenialReader&) = delete;
  DenialReader& operator=(const DenialReader&) = delete;
  virtual ~DenialReader() = default;

  /// At most `limit` with an id above `after_id`, in the order of their ids, also those whose time is over.
  [[nodiscard]] virtual Result<std::vector<model::Denial>> list_denials(std::uint64_t after_id, std::size_t limit) = 0;
};

/// Also writes. Threads and errors as ClientReader. What a function changed is on the disk when it returns.
class DenialStore : public DenialReader {
 public:
  /// All of them or, on an error, none. One without an id gets one that no denial had before; another takes the place
  /// of the denial with its id. No two of what is stored may name the same (LiveDenials::key_of()).
  [[nodiscard]] virtual Result<void> write_denials(std::span<model::Denial> denials) = 0;

  /// The one that is no more; nothing where there was none with that id.
  [[nodiscard]] virtual Result<std::optional<model::Denial>> remove_denial(std::uint64_t id) = 0;

  /// Removes at most `limit` of those whose `until` is `now` or earlier, and returns them.
  [[nodiscard]] virtual Result<std::vector<model::Denial>> forget_denials(WallTime now, std::size_t limit) = 0;
};

/// Every one of them, in the order of their ids. Errors: as list_denials().
[[nodiscard]] Result<std::vector<model::Denial>> load_denials(DenialReader& reader);

}  // namespace certbound::store
