#include "base/bell.hpp"

#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace certbound {

namespace asio = boost::asio;

/// One timer for those that wait together; cancelling it wakes all of them.
struct Bell::Waiting {
  Waiting(const asio::any_io_executor& executor, asio::steady_timer::time_point end) : timer{executor, end} {}
  asio::steady_timer timer;
};

Bell::Bell() = default;
Bell::Bell(Bell&&) noexcept = default;

Bell& Bell::operator=(Bell&& other) noexcept {
  ring();
  waiting_ = std::move(other.waiting_);
  return *this;
}

Bell::~Bell() { ring(); }

void Bell::ring() {
  if (const auto waiting = waiting_.lock()) waiting->timer.cancel();
  waiting_.reset();
}

Task<void> Bell::wait(std::chrono::milliseconds longest) {
  constexpr auto kResume = asio::as_tuple(asio::use_awaitable);
  const auto executor = co_await asio::this_coro::executor;
  const auto now = std::chrono::steady_clock::now();
  // One that has expired wakes its own; whoever comes after that waits anew.
  std::shared_ptr<Waiting> mine = waiting_.lock();
  if (!mine || mine->timer.expiry() <= now) {
    mine = std::make_shared<Waiting>(executor, now + longest);
    waiting_ = mine;
  }
  co_await mine->timer.async_wait(kResume);
}

}  // namespace certbound
