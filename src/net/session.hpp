#pragma once

#include <memory>
#include <string>

#include <boost/asio/ip/tcp.hpp>

#include "base/metrics.hpp"
#include "base/task.hpp"
#include "http/handler.hpp"
#include "net/options.hpp"
#include "net/session_list.hpp"
#include "net/tls_context.hpp"

namespace certbound::net {

/// The series that sessions count into; one set for the process.
struct SessionMetrics {
  explicit SessionMetrics(metrics::Registry& registry);

  metrics::Gauge connections;
  metrics::Counter connections_accepted;
  metrics::Counter connections_refused;
  metrics::Counter handshakes_completed;
  metrics::Counter handshakes_failed;
  metrics::Counter handshakes_timed_out;
  metrics::Histogram handshake_seconds;
  metrics::Counter requests_malformed;
  metrics::Counter faults;  ///< exceptions that reached a coroutine's end
};

/// What the sessions of one listener on one worker share. Only the worker's thread touches it after its start.
struct ListenerState {
  ListenerState(std::string bound_address, http::Handler& listener_handler, const SessionMetrics& session_metrics,
                const Limits& session_limits, SessionList& session_list)
      : address{std::move(bound_address)},
        handler{listener_handler},
        metrics{session_metrics},
        limits{session_limits},
        sessions{session_list} {}

  /// A Unix socket: its peers have no address.
  [[nodiscard]] bool is_local() const { return address.starts_with("unix:"); }

  std::string address;
  std::size_t number = 0;  ///< Worker::add_listener()
  TlsContext tls;  ///< null for a plain listener; replaced by a reload, sessions keep the one that they began with
  http::Handler& handler;
  const SessionMetrics& metrics;
  Limits limits;
  SessionList& sessions;
};

/// One connection from its handshake to its end. Every wait has a deadline; a request that is not HTTP gets its status
/// and the connection ends. Errors of the peer are no exceptions.
[[nodiscard]] Task<void> run_session(boost::asio::ip::tcp::socket socket, std::shared_ptr<ListenerState> listener);

}  // namespace certbound::net
