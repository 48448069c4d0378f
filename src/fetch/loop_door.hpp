#pragma once

#include <functional>
#include <mutex>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

namespace certbound::fetch {

/// The way to an event loop for threads that may outlive it. Any thread.
class LoopDoor {
 public:
  explicit LoopDoor(boost::asio::io_context& loop) : loop_{&loop} {}
  LoopDoor(const LoopDoor&) = delete;
  LoopDoor& operator=(const LoopDoor&) = delete;
  ~LoopDoor() = default;

  /// Runs `action` on the loop's thread, later. False where the door is closed; then it is dropped.
  bool post(std::function<void()> action) {
    const std::lock_guard lock{mutex_};
    if (loop_ == nullptr) return false;
    boost::asio::post(*loop_, std::move(action));
    return true;
  }

  /// Nothing is posted any more when it returns.
  void close() {
    const std::lock_guard lock{mutex_};
    loop_ = nullptr;
  }

 private:
  std::mutex mutex_;
  boost::asio::io_context* loop_;
};

}  // namespace certbound::fetch
