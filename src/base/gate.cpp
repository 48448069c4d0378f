#include "base/gate.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace certbound {

namespace asio = boost::asio;

/// A timer that never expires; taking it away wakes everyone.
struct Gate::Waiting {
  explicit Waiting(const asio::any_io_executor& executor) : timer{executor, asio::steady_timer::time_point::max()} {}
  asio::steady_timer timer;
};

Gate::Gate() = default;
Gate::~Gate() = default;

void Gate::open() {
  is_open_ = true;
  waiting_.reset();
}

Task<void> Gate::pass() {
  constexpr auto kResume = asio::as_tuple(asio::use_awaitable);
  while (!is_open_) {
    const auto executor = co_await asio::this_coro::executor;
    if (!waiting_) waiting_ = std::make_unique<Waiting>(executor);
    // Ends by cancellation only; which gate position that means is asked again.
    co_await waiting_->timer.async_wait(kResume);
  }
}

}  // namespace certbound
