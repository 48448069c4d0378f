#pragma once

#include <chrono>
#include <memory>

#include "base/task.hpp"

namespace certbound {

/// Where coroutines of one worker wait for something that may come, and go on without it when it does not. Not thread
/// safe.
class Bell {
 public:
  Bell();
  Bell(Bell&&) noexcept;
  Bell& operator=(Bell&&) noexcept;
  /// As ring().
  ~Bell();

  /// Lets everyone go on who waits.
  void ring();

  /// Returns after the next ring(), or when the time is up: `longest` after the first call of those that wait together.
  /// Neither need outlive the other.
  [[nodiscard]] Task<void> wait(std::chrono::milliseconds longest);

 private:
  struct Waiting;
  std::weak_ptr<Waiting> waiting_;  // those who wait own it: their loop may go before the bell
};

}  // namespace certbound
