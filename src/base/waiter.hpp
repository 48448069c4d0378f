#pragma once

#include <utility>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/task.hpp"

namespace certbound {

/// A coroutine that waits for a T which another thread brings, and the loop on which it goes on. That loop is kept
/// running until then, so a waiter must be resumed before its loop can end.
template <typename T>
class Waiter {
 public:
  template <typename Handler>
  explicit Waiter(Handler handler)
      : loop_{boost::asio::prefer(boost::asio::any_io_executor{boost::asio::get_associated_executor(handler)},
                                  boost::asio::execution::outstanding_work.tracked)},
        handler_{std::move(handler)} {}

  /// On any thread, once. The coroutine goes on later, never within this call.
  void resume(T value) { boost::asio::post(loop_, Completion{std::move(handler_), std::move(value)}); }

 private:
  struct Completion {
    void operator()() { std::move(handler)(std::move(value)); }
    boost::asio::any_completion_handler<void(T)> handler;
    T value;
  };

  boost::asio::any_io_executor loop_;
  boost::asio::any_completion_handler<void(T)> handler_;
};

/// Suspends the calling coroutine, then calls `start(Waiter<T>)`, which sees to it that the waiter is resumed. Returns
/// what it is resumed with.
template <typename T, typename Start>
[[nodiscard]] Task<T> suspend_until_resumed(Start start) {
  boost::asio::use_awaitable_t<> token;
  const auto initiate = [](auto handler, Start begin) { begin(Waiter<T>{std::move(handler)}); };
  return boost::asio::async_initiate<boost::asio::use_awaitable_t<>, void(T)>(initiate, token, std::move(start));
}

}  // namespace certbound
