#pragma once

#include <memory>

#include "base/task.hpp"

namespace certbound {

/// Where coroutines of one worker wait while something must not be looked at. Open at first. Not thread safe.
class Gate {
 public:
  Gate();
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  ~Gate();

  [[nodiscard]] bool is_open() const { return is_open_; }
  void close() { is_open_ = false; }
  /// Lets everyone go on who waits in pass().
  void open();

  /// Returns when the gate is open: at once, or after open(). The gate outlives the wait.
  [[nodiscard]] Task<void> pass();

 private:
  struct Waiting;
  bool is_open_ = true;
  std::unique_ptr<Waiting> waiting_;
};

}  // namespace certbound
