#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "http/handler.hpp"
#include "net/options.hpp"
#include "net/session.hpp"
#include "net/tls_context.hpp"

namespace certbound::net {

/// A socket that listens, not yet with a worker. Closed on destruction unless a worker took it.
class ListeningSocket {
 public:
  ListeningSocket(int descriptor, std::string address) : descriptor_{descriptor}, address_{std::move(address)} {}
  ListeningSocket(ListeningSocket&& other) noexcept;
  ListeningSocket& operator=(ListeningSocket&& other) noexcept;
  ~ListeningSocket();

  [[nodiscard]] const std::string& address() const { return address_; }  ///< with the port that was bound
  [[nodiscard]] int take_descriptor();
  /// The same socket once more, for another worker. Errors: `invalid_request`.
  [[nodiscard]] Result<ListeningSocket> duplicate() const;

 private:
  int descriptor_;
  std::string address_;
};

/// For whom a listener is, and so how many connections it may have.
enum class Audience : std::uint8_t {
  clients,    ///< limits.connections_per_worker, all of them together
  operators,  ///< a small bound of their own, so that a worker full of clients still answers them
};

/// Refuses `address` where a socket listens already, even one that would share its port: sockets of one user with
/// SO_REUSEPORT never collide, so that a second process would take half of the connections of the first. For every
/// address before the first bind_listener(), since the sockets of this process count too. Errors: as bind_listener().
[[nodiscard]] Result<void> probe_listener(const std::string& address);

/// Binds `address` (IP:port, [IPv6]:port, port 0 for a free one) with SO_REUSEPORT, so that each worker has its own
/// accept queue. Errors: `invalid_request`, `detail` says what the system said.
[[nodiscard]] Result<ListeningSocket> bind_listener(const std::string& address);

/// One thread with its event loop, its listening sockets and its sessions. Nothing of a session is touched by another
/// thread.
class Worker {
 public:
  Worker(const Limits& limits, const SessionMetrics& metrics);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker();

  /// Before start(). Null `tls` makes a plain listener. Returns the listener's number on this worker. `handler`
  /// outlives the worker's thread.
  std::size_t add_listener(ListeningSocket socket, TlsContext tls, http::Handler& handler, Audience audience);

  /// Starts the thread. `on_listener_failure` is called on it when accepting fails for good, or the watch over
  /// deadlines does.
  void start(std::function<void(std::string)> on_listener_failure);

  /// Runs `action` on the worker's thread, later. Any thread. False where that has ended after a drain: then nobody
  /// runs it.
  bool post(std::function<void()> action);

  /// New connections of that listener use `tls`. On the worker's thread only.
  void publish_tls(std::size_t listener, TlsContext tls);

  /// Stops accepting, ends idle sessions, lets busy ones answer, cuts what is left after drain_timeout. Any thread.
  void drain();

  /// Waits for the thread to end after drain().
  void join();

  /// Sessions that are open. On the worker's thread only.
  [[nodiscard]] std::size_t session_count() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace certbound::net
