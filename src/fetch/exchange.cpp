#include "fetch/exchange.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "base/text.hpp"
#include "fetch/address.hpp"
#include "fetch/cache.hpp"
#include "fetch/render_request.hpp"
#include "fetch/tls_client.hpp"

namespace certbound::fetch {

namespace asio = boost::asio;

namespace {

using Socket = asio::ip::tcp::socket;
using TlsStream = asio::ssl::stream<Socket&>;

constexpr auto kResume = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kMaximumAddresses = 8;
constexpr std::size_t kReadBytes = 16UL * 1024;

ResponseParser::Bounds bounds_of(const ExchangeParts& parts) {
  ResponseParser::Bounds bounds;
  bounds.header_bytes = parts.settings->options().header_bytes;
  bounds.body_bytes = parts.request.max_body_bytes;
  return bounds;
}

}  // namespace

Exchange::Exchange(asio::io_context& loop, ExchangeParts parts)
    : loop_{loop},
      parts_{std::move(parts)},
      timer_{loop},
      answer_{loop, asio::steady_timer::time_point::max()},
      parser_{bounds_of(parts_)} {}

Task<Outcome> Exchange::run() {
  deadline_ = Clock::now() + parts_.request.timeout;
  const bool is_connected = co_await make_connection();
  if (is_connected && parts_.url.scheme == Scheme::https) co_await exchange_tls();
  if (is_connected && parts_.url.scheme == Scheme::http) co_await exchange_http(*socket_);
  timer_.cancel();
  socket_.reset();
  co_return take_outcome();
}

void Exchange::stop() {
  is_stopped_ = true;
  expire();
}

/// Sets the deadline of what is awaited next; never later than that of the whole.
void Exchange::enter(std::chrono::milliseconds allowed, Failure when_late) {
  if (is_stopped_) return;
  const Clock::time_point end = std::min(Clock::now() + allowed, deadline_);
  is_late_ = false;
  when_late_ = when_late;
  timer_.expires_at(end);
  // A wait that has ended already cannot be cancelled any more, so each knows which phase it was for.
  const auto on_end = [weak = weak_from_this(), phase = ++phase_](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (!error && self && self->phase_ == phase) self->expire();
  };
  timer_.async_wait(on_end);
}

void Exchange::expire() {
  is_late_ = true;
  answer_.cancel();
  if (!socket_) return;
  // Closed rather than cancelled: what is begun after this moment has to fail as well.
  boost::system::error_code ignored_where_closed;
  socket_->close(ignored_where_closed);
}

bool Exchange::fail(Failure failure, std::string detail) {
  problem_.emplace(failure, std::move(detail));
  return false;
}

/// As fail(), but for what lateness or a stop have caused.
bool Exchange::fail_io(Failure failure, const std::string& what, const boost::system::error_code& error) {
  if (is_stopped_) return fail(Failure::stopped, "stopped");
  if (is_late_) return fail(when_late_, what + ": too late");
  return fail(failure, what + ": " + error.message());
}

Task<bool> Exchange::make_connection() {
  const bool is_resolved = co_await resolve_host();
  if (!is_resolved || !check_addresses()) co_return false;
  co_return co_await connect();
}

Task<bool> Exchange::resolve_host() {
  if (parts_.url.is_literal) {
    resolution_.emplace();
    resolution_->addresses = {asio::ip::make_address(parts_.url.host)};
    co_return true;
  }
  enter(parts_.settings->options().resolve_timeout, Failure::resolve_timeout);
  auto on_answer = [weak = weak_from_this(), door = parts_.door](Resolution resolution) {
    door->post([weak, resolution = std::move(resolution)] {
      const auto self = weak.lock();
      if (!self) return;
      self->resolution_ = resolution;
      self->answer_.cancel();
    });
  };
  parts_.resolver->resolve(parts_.url.host, std::move(on_answer));
  while (!resolution_ && !is_late_) co_await answer_.async_wait(kResume);
  if (!resolution_ || is_late_) co_return fail_io(Failure::resolve_failed, parts_.url.host, {});
  if (resolution_->addresses.empty()) {
    co_return fail(Failure::resolve_failed, parts_.url.host + ": " + resolution_->error);
  }
  co_return true;
}

/// Against names that point into our own network. What passes here is what connect() dials: no name is resolved again.
bool Exchange::check_addresses() {
  const bool is_allowed = parts_.settings->allow().allows(parts_.url);
  std::string refused;
  for (const asio::ip::address& address : resolution_->addresses) {
    const std::string_view use = special_use(address);
    if (is_allowed || use.empty()) {
      addresses_.push_back(address);
    } else if (refused.empty()) {
      refused = address.to_string() + " (" + std::string{use} + ")";
    }
  }
  if (addresses_.size() > kMaximumAddresses) addresses_.resize(kMaximumAddresses);
  if (!addresses_.empty()) return true;
  return fail(Failure::address_refused, parts_.url.host + ": " + refused);
}

Task<bool> Exchange::connect() {
  for (const asio::ip::address& address : addresses_) {
    const asio::ip::tcp::endpoint endpoint{address, parts_.url.port};
    socket_.emplace(loop_);
    enter(parts_.settings->options().connect_timeout, Failure::connect_timeout);
    const auto [error] = co_await socket_->async_connect(endpoint, kResume);
    if (!error && !is_late_) co_return true;
    fail_io(Failure::connect_failed, address.to_string() + " port " + std::to_string(parts_.url.port), error);
    if (is_stopped_ || Clock::now() >= deadline_) co_return false;
  }
  co_return false;
}

Task<bool> Exchange::exchange_tls() {
  const auto context = parts_.settings->tls();
  if (!context) co_return fail(Failure::internal, context.error().detail);
  auto ssl = make_tls_client(**context, parts_.url, parts_.clock());
  if (!ssl) co_return fail(Failure::internal, ssl.error().detail);
  TlsStream stream{*socket_, ssl->release()};
  enter(parts_.settings->options().handshake_timeout, Failure::tls_timeout);
  const auto [error] = co_await stream.async_handshake(TlsStream::client, kResume);
  if (error || is_late_) {
    fail_io(Failure::tls_failed, "handshake", error);
    if (!is_late_) problem_ = handshake_problem(*stream.native_handle(), problem_->detail);
    co_return false;
  }
  co_return co_await exchange_http(stream);
}

template <typename Stream>
Task<bool> Exchange::exchange_http(Stream& stream) {
  problem_.reset();  // of addresses before the one that answered
  enter(parts_.request.timeout, Failure::timeout);
  const std::string bytes = render_request(parts_.request, parts_.url);
  const auto [error, count] = co_await asio::async_write(stream, asio::buffer(bytes), kResume);
  if (error || is_late_) co_return fail_io(Failure::closed, "sending the request", error);
  co_return co_await read_answer(stream);
}

template <typename Stream>
Task<bool> Exchange::read_answer(Stream& stream) {
  std::array<char, kReadBytes> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): written before it is read
  bool is_head_checked = false;
  while (parser_.state() != ResponseParser::State::done) {
    const auto [error, count] = co_await stream.async_read_some(asio::buffer(buffer), kResume);
    if (is_late_) co_return fail_io(Failure::timeout, "reading the answer", error);
    received_bytes_ += count;
    parser_.feed(std::string_view{buffer.data(), count});
    // An end of TLS without its closing message is eof for the socket, but not for the stream: an answer that only the
    // end delimits may have been cut there.
    if (error == asio::error::eof) parser_.end();
    if (parser_.state() == ResponseParser::State::fault) {
      co_return fail(parser_.problem().failure, parser_.problem().detail);
    }
    if (!is_head_checked && parser_.state() != ResponseParser::State::header) {
      is_head_checked = true;
      if (auto problem = check_head(parser_.head(), parts_.request)) {
        co_return fail(problem->failure, std::move(problem->detail));
      }
    }
    if (error && parser_.state() != ResponseParser::State::done) {
      co_return fail_io(Failure::closed, "reading the answer", error);
    }
  }
  co_return true;
}

Outcome Exchange::take_outcome() {
  const WallTime now = parts_.clock();
  const ResponseHead& head = parser_.head();
  Outcome outcome;
  outcome.received_at = now;
  outcome.status = head.status;
  if (problem_) {
    outcome.failure = problem_->failure;
    outcome.detail = std::move(problem_->detail);
    outcome.retry_after = read_retry_after(head, now);
    return outcome;
  }
  outcome.is_not_modified = head.status == 304;
  outcome.validators = read_validators(head, now);
  if (outcome.is_not_modified && !outcome.validators.has_any()) outcome.validators = parts_.request.validators;
  outcome.fresh_for = freshness(head, now, parts_.request.freshness);
  outcome.content_type = head.find("content-type").value_or("");
  outcome.body = parser_.take_body();
  return outcome;
}

}  // namespace certbound::fetch
