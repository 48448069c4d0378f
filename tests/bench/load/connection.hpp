#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "channel.hpp"
#include "options.hpp"
#include "request_source.hpp"
#include "response_reader.hpp"
#include "tally.hpp"
#include "tls_client.hpp"

namespace certbound::load {

using Instant = std::chrono::steady_clock::time_point;

/// One connection on a non-blocking socket, driven by edge-triggered epoll events. Not thread safe.
class Connection {
 public:
  /// What came of open(), send() or advance().
  enum class Progress : std::uint8_t {
    pending,   ///< waits for an event
    ready,     ///< the handshake is done; send() may follow
    answered,  ///< response() is whole; send() or close() may follow
    gone,      ///< closed by the server while nothing was asked
    failed,    ///< fault() says why; close() must follow
  };

  Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  Connection(Connection&&) = delete;
  Connection& operator=(Connection&&) = delete;
  ~Connection() { close(); }

  /// Connects and registers with `epoll`, with this object as the event's data. Null `tls`: without TLS.
  Progress open(const TlsClient* tls, const Endpoint& endpoint, int epoll);
  Progress send(const PreparedRequest& request);
  /// Goes on after an event.
  Progress advance();
  void close();

  [[nodiscard]] bool is_open() const { return state_ != State::closed; }
  [[nodiscard]] bool is_ready() const { return state_ == State::ready; }
  [[nodiscard]] const ResponseReader& response() const { return reader_; }
  [[nodiscard]] const std::string& client_id() const { return client_id_; }
  [[nodiscard]] const std::string& token_id() const { return token_id_; }
  [[nodiscard]] Fault fault() const { return fault_; }
  [[nodiscard]] const std::string& fault_detail() const { return fault_detail_; }

  // The worker's notes about the request under way.
  Instant due{};              ///< when it was to begin: latency counts from here
  Instant deadline{};         ///< of what is under way
  bool is_busy = false;       ///< a request is under way or waits for the handshake
  std::uint64_t answers = 0;  ///< on this slot, over all its connections

 private:
  enum class State : std::uint8_t { closed, connecting, handshaking, ready, writing, reading };

  Progress finish_connect();
  Progress handshake();
  Progress write();
  Progress read();
  Progress notice_idle_event();
  Progress fail(Fault fault, std::string detail);
  /// Pending where the channel waits for the socket, `closed` where the server ended it, else failed with `otherwise`.
  Progress wait_or_fail(Channel::State state, Fault otherwise);

  Channel channel_;
  ResponseReader reader_;
  std::string octets_;
  std::size_t written_ = 0;
  std::string client_id_;
  std::string token_id_;
  std::string fault_detail_;
  int socket_ = -1;  // the channel's
  Fault fault_ = Fault::none;
  State state_ = State::closed;
};

}  // namespace certbound::load
