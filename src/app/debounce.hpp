#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

namespace certbound::app {

/// When to act on changes that come in swarms: after a quiet time, but not later than so long after the first. Times
/// are the caller's.
class Debounce {
 public:
  using Time = std::chrono::steady_clock::time_point;

  static constexpr std::chrono::milliseconds kQuiet{300};
  static constexpr std::chrono::milliseconds kMost{2000};

  void note(Time now) {
    if (!first_) first_ = now;
    last_ = now;
  }
  /// Nothing was noted, or it was acted on.
  void clear() { first_.reset(); }

  /// When to act; nothing where nothing was noted.
  [[nodiscard]] std::optional<Time> due() const {
    if (!first_) return std::nullopt;
    return std::min(last_ + kQuiet, *first_ + kMost);
  }
  [[nodiscard]] bool is_due(Time now) const { return first_ && *due() <= now; }

 private:
  std::optional<Time> first_;
  Time last_{};
};

}  // namespace certbound::app
