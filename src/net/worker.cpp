#include "net/worker.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <mutex>
#include <poll.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/event_loop_thread.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "base/spawn.hpp"
#include "net/accept_error.hpp"

namespace certbound::net {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr auto kResume = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds kSweepInterval{200};
constexpr std::chrono::milliseconds kAcceptPause{100};
constexpr std::chrono::milliseconds kRoomPause{20};  // a session that was told to end needs a moment for it
constexpr std::size_t kOperatorConnections = 64;
constexpr int kBacklog = 4096;

Result<tcp::endpoint> parse_endpoint(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) return invalid_input(address + ": an address is IP:port");
  std::string host = address.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  unsigned short port = 0;
  const char* first = address.data() + colon + 1;
  const char* last = address.data() + address.size();
  const auto [end, parse_error] = std::from_chars(first, last, port);
  boost::system::error_code error;
  const auto ip = asio::ip::make_address(host, error);
  if (error || parse_error != std::errc{} || end != last) return invalid_input(address + ": an address is IP:port");
  return tcp::endpoint{ip, port};
}

std::string endpoint_text(const tcp::endpoint& endpoint) {
  const std::string host = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(endpoint.port());
}

enum class PortUse : std::uint8_t { shared, exclusive };

Result<ListeningSocket> listen_at(const std::string& address, PortUse use) {
  const auto endpoint = parse_endpoint(address);
  if (!endpoint) return endpoint.error();
  const int descriptor = ::socket(endpoint->protocol().family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return invalid_input("socket: " + system_error_text(errno));
  ListeningSocket socket{descriptor, address};
  const int on = 1;
  const int share = use == PortUse::shared ? 1 : 0;
  ::sockaddr_storage bound{};
  ::socklen_t bound_size = sizeof bound;
  if (::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &share, sizeof share) != 0 ||
      ::bind(descriptor, endpoint->data(), static_cast<::socklen_t>(endpoint->size())) != 0 ||
      ::listen(descriptor, kBacklog) != 0 ||
      ::getsockname(descriptor, reinterpret_cast<::sockaddr*>(&bound), &bound_size) != 0) {
    return invalid_input(address + ": cannot listen: " + system_error_text(errno));
  }
  tcp::endpoint actual{endpoint->protocol(), 0};
  std::memcpy(actual.data(), &bound, std::min<std::size_t>(bound_size, actual.capacity()));
  return ListeningSocket{socket.take_descriptor(), endpoint_text(actual)};
}

}  // namespace

ListeningSocket::ListeningSocket(ListeningSocket&& other) noexcept
    : descriptor_{std::exchange(other.descriptor_, -1)}, address_{std::move(other.address_)} {}

ListeningSocket& ListeningSocket::operator=(ListeningSocket&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(address_, other.address_);
  return *this;
}

Result<ListeningSocket> ListeningSocket::duplicate() const {
  const int copy = ::fcntl(descriptor_, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) return invalid_input(address_ + ": cannot share the socket: " + system_error_text(errno));
  return ListeningSocket{copy, address_};
}

ListeningSocket::~ListeningSocket() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

int ListeningSocket::take_descriptor() { return std::exchange(descriptor_, -1); }

Result<void> probe_listener(const std::string& address) {
  const auto probe = listen_at(address, PortUse::exclusive);
  if (!probe) return probe.error();
  return {};
}

Result<ListeningSocket> bind_listener(const std::string& address) { return listen_at(address, PortUse::shared); }

struct Worker::State {
  State(const Limits& worker_limits, const SessionMetrics& session_metrics)
      : limits{worker_limits}, metrics{session_metrics} {}

  Task<void> run_listener(std::size_t number);
  Task<void> run_sweep();
  void run();
  bool post(std::function<void()> action);
  void begin_drain();
  [[nodiscard]] bool make_room(ListenerState& listener);
  [[nodiscard]] std::size_t session_count() const { return sessions.size() + operator_sessions.size(); }

  Limits limits;
  const SessionMetrics& metrics;
  SessionList sessions;  // before io: what the loop still holds at its end takes itself off these lists
  SessionList operator_sessions;
  asio::io_context io{1};
  std::vector<tcp::acceptor> acceptors;
  std::vector<std::shared_ptr<ListenerState>> listeners;
  asio::steady_timer sweep_timer{io};
  std::chrono::steady_clock::time_point drain_until = std::chrono::steady_clock::time_point::max();
  std::function<void(std::string)> on_listener_failure;
  std::mutex mutex;  // guards the two below
  std::size_t posted = 0;
  bool has_ended = false;
  std::thread thread;
};

/// Until there is nothing to do and nothing was posted: what post() took is done.
void Worker::State::run() {
  for (;;) {
    io.run();
    const std::lock_guard lock{mutex};
    has_ended = posted == 0;
    if (has_ended) return;
    io.restart();
  }
}

bool Worker::State::post(std::function<void()> action) {
  const std::lock_guard lock{mutex};
  if (has_ended) return false;
  ++posted;
  asio::post(io, [this, action = std::move(action)] {
    action();
    const std::lock_guard done{mutex};
    --posted;
  });
  return true;
}

bool Worker::State::make_room(ListenerState& listener) {
  // Clients first: an operator's connection that was just accepted counts as idle too.
  return sessions.cancel_longest_idle() || listener.sessions.cancel_longest_idle();
}

/// Is there a connection to accept? Out of descriptors the system does not look before it fails.
static bool is_awaited(tcp::acceptor& acceptor) {
  ::pollfd entry{acceptor.native_handle(), POLLIN, 0};
  return ::poll(&entry, 1, 0) != 0;
}

Task<void> Worker::State::run_listener(std::size_t number) {
  tcp::acceptor& acceptor = acceptors[number];
  ListenerState& listener = *listeners[number];
  while (!sessions.is_draining()) {
    auto accepted = co_await acceptor.async_accept(kResume);
    const boost::system::error_code error = std::get<0>(accepted);
    if (sessions.is_draining()) co_return;
    if (error) {
      const AcceptError kind = classify_accept_error(error.value());
      if (kind == AcceptError::fatal) {
        on_listener_failure(listener.address + ": " + error.message());
        co_return;
      }
      if (kind == AcceptError::shortage && !is_awaited(acceptor)) {
        co_await acceptor.async_wait(tcp::acceptor::wait_read, kResume);
        continue;
      }
      log::warning("accept_failed", {{"listener", listener.address}, {"detail", error.message()}});
      // Out of descriptors or memory: trying again at once would spin.
      const bool has_made_room = kind == AcceptError::shortage && make_room(listener);
      asio::steady_timer pause{io, has_made_room ? kRoomPause : kAcceptPause};
      co_await pause.async_wait(kResume);
      continue;
    }
    metrics.connections_accepted.increment();
    if (listener.sessions.size() >= listener.limits.connections_per_worker &&
        !listener.sessions.cancel_longest_idle()) {
      metrics.connections_refused.increment();
      continue;  // closes the socket
    }
    spawn(io.get_executor(), run_session(std::move(std::get<1>(accepted)), listeners[number]), "session",
          metrics.faults);
  }
}

Task<void> Worker::State::run_sweep() {
  while (!sessions.is_draining() || session_count() > 0) {
    sweep_timer.expires_after(kSweepInterval);
    co_await sweep_timer.async_wait(kResume);
    const auto now = std::chrono::steady_clock::now();
    for (SessionList* list : {&sessions, &operator_sessions}) {
      list->sweep(now);
      if (now >= drain_until) list->cancel_all();
    }
  }
}

void Worker::State::begin_drain() {
  if (sessions.is_draining()) return;
  drain_until = std::chrono::steady_clock::now() + limits.drain_timeout;
  for (tcp::acceptor& acceptor : acceptors) {
    boost::system::error_code error;
    acceptor.close(error);
    if (error) log::warning("close_failed", {{"detail", error.message()}});
  }
  sessions.drain();
  operator_sessions.drain();
  sweep_timer.cancel();
}

Worker::Worker(const Limits& limits, const SessionMetrics& metrics)
    : state_{std::make_unique<State>(limits, metrics)} {}

Worker::~Worker() {
  if (state_->thread.joinable()) {
    drain();
    join();
  }
}

std::size_t Worker::add_listener(ListeningSocket socket, TlsContext tls, http::Handler& handler, Audience audience) {
  Limits limits = state_->limits;
  const bool is_for_clients = audience == Audience::clients;
  if (!is_for_clients) limits.connections_per_worker = std::min(limits.connections_per_worker, kOperatorConnections);
  auto listener = std::make_shared<ListenerState>(socket.address(), handler, state_->metrics, limits,
                                                  is_for_clients ? state_->sessions : state_->operator_sessions);
  listener->tls = std::move(tls);
  listener->number = state_->listeners.size();
  // Of a Unix socket the protocol is never asked for.
  const bool is_v6 = socket.address().starts_with('[');
  state_->acceptors.emplace_back(state_->io, is_v6 ? tcp::v6() : tcp::v4(), socket.take_descriptor());
  state_->listeners.push_back(std::move(listener));
  return state_->listeners.size() - 1;
}

void Worker::start(std::function<void(std::string)> on_listener_failure) {
  state_->on_listener_failure = std::move(on_listener_failure);
  for (std::size_t i = 0; i < state_->listeners.size(); ++i) {
    spawn(state_->io.get_executor(), state_->run_listener(i), "listener", state_->metrics.faults,
          state_->on_listener_failure);
  }
  spawn(state_->io.get_executor(), state_->run_sweep(), "sweep", state_->metrics.faults, state_->on_listener_failure);
  state_->thread = std::thread{[state = state_.get()] {
    mark_event_loop_thread();
    state->run();
  }};
}

bool Worker::post(std::function<void()> action) { return state_->post(std::move(action)); }

void Worker::publish_tls(std::size_t listener, TlsContext tls) { state_->listeners[listener]->tls = std::move(tls); }

void Worker::drain() {
  post([state = state_.get()] { state->begin_drain(); });
}

void Worker::join() {
  if (state_->thread.joinable()) state_->thread.join();
}

std::size_t Worker::session_count() const { return state_->session_count(); }

}  // namespace certbound::net
