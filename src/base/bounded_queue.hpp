#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <utility>
#include <vector>

namespace certbound {

/// A first-in first-out queue between threads with a bound: whoever pushes never waits, whoever takes does.
/// Every function may be called from any thread.
template <typename Item>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t capacity) : capacity_{capacity} {}
  BoundedQueue(const BoundedQueue&) = delete;
  BoundedQueue& operator=(const BoundedQueue&) = delete;
  ~BoundedQueue() = default;

  /// False where the queue is full or closed; then `item` is untouched, so that the caller can answer for it.
  [[nodiscard]] bool push(Item&& item) {
    {
      const std::lock_guard lock{mutex_};
      if (is_closed_ || items_.size() >= capacity_) return false;
      items_.push_back(std::move(item));
    }
    filled_.notify_one();
    return true;
  }

  /// Waits for an item, then moves what is queued, at most `most` items, into `taken`, whose old content goes first.
  /// False once the queue is closed and empty.
  [[nodiscard]] bool take(std::vector<Item>& taken, std::size_t most) {
    taken.clear();
    std::unique_lock lock{mutex_};
    filled_.wait(lock, [this] { return is_closed_ || !items_.empty(); });
    const std::size_t count = std::min(most, items_.size());
    for (std::size_t i = 0; i < count; ++i) {
      taken.push_back(std::move(items_.front()));
      items_.pop_front();
    }
    return count > 0;
  }

  /// Nothing can be pushed any more; what is queued can still be taken.
  void close() {
    {
      const std::lock_guard lock{mutex_};
      is_closed_ = true;
    }
    filled_.notify_all();
  }

  /// Items that wait. Old by the time it is read: for metrics.
  [[nodiscard]] std::size_t size() const {
    const std::lock_guard lock{mutex_};
    return items_.size();
  }

 private:
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<Item> items_;
  bool is_closed_ = false;
};

}  // namespace certbound
