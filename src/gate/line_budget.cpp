#include "gate/line_budget.hpp"

#include <utility>

namespace certbound::gate {

std::optional<std::size_t> LineBudget::take(WallTime now) {
  if (now != second_) {
    second_ = now;
    written_ = 0;
  }
  if (written_ == kLines) {
    ++unwritten_;
    return std::nullopt;
  }
  ++written_;
  return std::exchange(unwritten_, 0);
}

}  // namespace certbound::gate
