#pragma once

#include <cstdint>
#include <string>

#include "base/clock.hpp"
#include "model/denial.hpp"

namespace certbound::audit {

/// What an operator did.
enum class DenialAction : std::uint8_t { added, removed };

/// An operator's change of what is denied, and who it was.
struct DenialChange {
  WallTime time{};
  DenialAction action = DenialAction::added;
  model::Denial denial;       ///< as it is stored, or was
  std::uint64_t user = 0;     ///< of the process that asked, as the kernel says
  std::uint64_t process = 0;  ///< 0: not known
};

/// One JSON line with its line feed: `record` is `denial`, what it names stands in the member that the records of
/// requests have for it, so that a search finds both. Whatever the texts hold, it stays one line.
[[nodiscard]] std::string render_denial(const DenialChange& change);

}  // namespace certbound::audit
