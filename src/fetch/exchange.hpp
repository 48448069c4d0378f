#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/clock.hpp"
#include "base/task.hpp"
#include "fetch/loop_door.hpp"
#include "fetch/options.hpp"
#include "fetch/request.hpp"
#include "fetch/resolver.hpp"
#include "fetch/response_parser.hpp"
#include "fetch/url.hpp"

namespace certbound::fetch {

/// What one exchange works with.
struct ExchangeParts {
  Request request;
  Url url;
  std::shared_ptr<const Settings> settings;
  std::shared_ptr<Resolver> resolver;
  std::shared_ptr<LoopDoor> door;  ///< to the loop that the exchange runs on
  WallClock clock = wall_now;
};

/// One request and its answer on a connection of its own: resolve, check the addresses, connect to one that was
/// checked, verify, send, receive. Ends within the request's timeout. Lives on the loop's thread.
class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(boost::asio::io_context& loop, ExchangeParts parts);
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  ~Exchange() = default;

  /// Once; whoever awaits it holds the exchange.
  [[nodiscard]] Task<Outcome> run();

  /// Ends what is awaited now; run() returns Failure::stopped.
  void stop();

  [[nodiscard]] std::size_t received_bytes() const { return received_bytes_; }

 private:
  using Clock = std::chrono::steady_clock;

  Task<bool> make_connection();
  Task<bool> resolve_host();
  bool check_addresses();
  Task<bool> connect();
  Task<bool> exchange_tls();
  template <typename Stream>
  Task<bool> exchange_http(Stream& stream);
  template <typename Stream>
  Task<bool> read_answer(Stream& stream);

  void enter(std::chrono::milliseconds allowed, Failure when_late);
  void expire();
  bool fail(Failure failure, std::string detail);
  bool fail_io(Failure failure, const std::string& what, const boost::system::error_code& error);
  Outcome take_outcome();

  boost::asio::io_context& loop_;
  ExchangeParts parts_;
  boost::asio::steady_timer timer_;   // the deadline of what is awaited
  boost::asio::steady_timer answer_;  // never expires; cancelled when the resolver has answered
  std::optional<boost::asio::ip::tcp::socket> socket_;
  std::optional<Resolution> resolution_;
  std::vector<boost::asio::ip::address> addresses_;  // that may be dialled
  ResponseParser parser_;
  std::optional<Problem> problem_;
  Clock::time_point deadline_{};
  std::uint64_t phase_ = 0;
  Failure when_late_ = Failure::timeout;
  bool is_late_ = false;
  bool is_stopped_ = false;
  std::size_t received_bytes_ = 0;
};

}  // namespace certbound::fetch
