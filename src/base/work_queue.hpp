#pragma once

#include <cstddef>
#include <functional>
#include <limits>
#include <thread>
#include <utility>
#include <vector>

#include "base/bounded_queue.hpp"

namespace certbound {

/// A bounded queue with one thread behind it that takes all that is queued at once: group commit.
template <typename Item>
class WorkQueue {
 public:
  /// Called on the queue's own thread with at least one item, in the order in which they were pushed. It may move out
  /// of them. It must not throw: that ends the program.
  using Handler = std::function<void(std::vector<Item>& batch)>;

  /// Starts the thread. At most `capacity` items wait, besides those that the handler has.
  WorkQueue(std::size_t capacity, Handler handler)
      : queue_{capacity}, handler_{std::move(handler)}, thread_{[this]() noexcept { run(); }} {}
  WorkQueue(const WorkQueue&) = delete;
  WorkQueue& operator=(const WorkQueue&) = delete;
  /// As stop().
  ~WorkQueue() { stop(); }

  /// From any thread; never waits. False where the queue is full or stopped; then `item` is untouched.
  [[nodiscard]] bool push(Item&& item) { return queue_.push(std::move(item)); }

  /// Refuses new items, waits until the handler has had all that is queued, ends the thread. May be called again, by
  /// the owner only, not by the handler.
  void stop() {
    queue_.close();
    if (thread_.joinable()) thread_.join();
  }

  /// Items that wait: for metrics.
  [[nodiscard]] std::size_t size() const { return queue_.size(); }

 private:
  void run() {
    std::vector<Item> batch;
    while (queue_.take(batch, std::numeric_limits<std::size_t>::max())) handler_(batch);
  }

  BoundedQueue<Item> queue_;
  Handler handler_;
  std::thread thread_;  // last: it uses the others from its first moment
};

}  // namespace certbound
