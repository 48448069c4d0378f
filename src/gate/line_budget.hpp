#pragma once

#include <cstddef>
#include <optional>

#include "base/clock.hpp"

namespace certbound::gate {

/// How many lines of one kind the log gets: kLines in each second, so that whoever is refused as fast as he can ask
/// fills no disk. Not thread safe.
class LineBudget {
 public:
  static constexpr std::size_t kLines = 10;

  /// May a line be written at `now`? Then how many were not since the last one that was; else nothing.
  [[nodiscard]] std::optional<std::size_t> take(WallTime now);

 private:
  WallTime second_{};
  std::size_t written_ = 0;  // in that second
  std::size_t unwritten_ = 0;
};

}  // namespace certbound::gate
