#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "audit/chain.hpp"
#include "base/result.hpp"

namespace certbound::audit {

/// How a chain goes on in a file that is there.
enum class TailState : std::uint8_t {
  empty,        ///< nothing, or half a line: the chain goes on with an anchor
  goes_on,      ///< behind the last record
  contradicts,  ///< there is no record at its end, or what is known to be the chain's head is not in the file
};

/// What a file holds at its end.
struct Tail {
  TailState state = TailState::empty;
  Head head;                     ///< behind which the chain goes on
  std::string torn;              ///< what stands behind the last record and is none
  bool lacks_line_feed = false;  ///< the last record is whole but for that
  std::uint64_t size_bytes = 0;
};

/// Reads back from the end of the file as far as needed. `known`: the head of the chain, where it was noted; the
/// file may have records behind it, which have to follow from it.
/// Errors: `invalid_request` where the file cannot be read, is no regular one, or has a line of more than 16 MiB.
[[nodiscard]] Result<Tail> load_tail(int descriptor, const std::filesystem::path& path,
                                     const std::optional<Head>& known);

}  // namespace certbound::audit
