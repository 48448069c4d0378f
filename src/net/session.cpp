#include "net/session.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "base/log.hpp"
#include "crypto/handle.hpp"
#include "crypto/random.hpp"
#include "http/json_response.hpp"
#include "net/peer.hpp"
#include "net/request_parser.hpp"

namespace certbound::net {

namespace {

namespace asio = boost::asio;
using Socket = asio::ip::tcp::socket;
using TlsStream = asio::ssl::stream<Socket>;
using Phase = SessionControl::Phase;

constexpr auto kResume = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::seconds kCloseTimeout{2};
constexpr std::size_t kReadBytes = 4096;
constexpr std::size_t kLingerBytes = 256UL * 1024;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

/// What a connection comes to.
enum class Turn : std::uint8_t {
  request,   ///< a request is complete
  answered,  ///< the end, after an answer that said so
  quiet,     ///< the end, without an answer: idle too long, a drain, the peer's own end
  lost,      ///< the end; nothing more can be sent, or all was
};

/// Registers the session with its worker for as long as it lives.
class SocketSession final : public SessionControl {
 public:
  SocketSession(Socket& socket, ListenerState& listener)
      : socket_{socket}, listener_{listener}, position_{listener.sessions.add(*this)} {
    listener_.metrics.connections.add(1);
  }
  SocketSession(const SocketSession&) = delete;
  SocketSession& operator=(const SocketSession&) = delete;
  ~SocketSession() override {
    listener_.sessions.remove(position_);
    listener_.metrics.connections.add(-1);
  }

  void cancel() override {
    boost::system::error_code error;
    socket_.cancel(error);
    if (error) log::debug("cancel_failed", {{"detail", error.message()}});
  }

  /// What the read that has to come next may take.
  void await_bytes(RequestParser::State state) {
    const Limits& limits = listener_.limits;
    // Whoever has just connected has the time of a header, not that of a client between two requests.
    const auto idle = has_served_ ? limits.idle_timeout : limits.header_timeout;
    // The header's and the body's deadlines begin with their first octet and are not renewed by the following ones.
    if (state == waiting_for_) return;
    waiting_for_ = state;
    switch (state) {
      case RequestParser::State::idle:
        enter(Phase::idle, idle);
        return;
      case RequestParser::State::header:
        enter(Phase::reading, limits.header_timeout);
        return;
      case RequestParser::State::body:
        enter(Phase::reading, limits.body_timeout);
        return;
      case RequestParser::State::done:
      case RequestParser::State::fault:
        return;
    }
  }
  void begin_request() { waiting_for_ = RequestParser::State::fault; }
  void end_request() { has_served_ = true; }

  [[nodiscard]] ListenerState& listener() { return listener_; }
  [[nodiscard]] Socket& socket() { return socket_; }

 private:
  Socket& socket_;
  ListenerState& listener_;
  SessionList::Position position_;
  RequestParser::State waiting_for_ = RequestParser::State::fault;
  bool has_served_ = false;
};

RequestParser::Bounds parser_bounds(const Limits& limits) {
  RequestParser::Bounds bounds;
  bounds.header_bytes = limits.header_bytes;
  bounds.body_bytes = limits.body_bytes;
  bounds.target_bytes = std::min(bounds.target_bytes, limits.header_bytes);
  return bounds;
}

/// An id for the answer and the log. Without entropy nothing is issued anyway, but an answer still needs one.
std::string make_request_id() {
  auto id = crypto::random_id();
  if (id) return *std::move(id);
  log::error("no_entropy", {{"detail", id.error().detail}});
  return "none";
}

std::string_view error_name(int status) {
  switch (status) {
    case 408:
      return "request_timeout";
    case 413:
      return "content_too_large";
    case 414:
      return "uri_too_long";
    case 431:
      return "header_too_large";
    case 501:
      return "not_implemented";
    case 505:
      return "http_version_not_supported";
    default:
      return "invalid_request";
  }
}

std::string render_fault(const RequestFault& fault, const http::Connection& connection) {
  const std::string id = make_request_id();
  log::info(
      "request_malformed",
      {{"request_id", id}, {"status", fault.status}, {"detail", fault.text.view()}, {"peer", connection.peer_address}});
  const http::Response response = http::error_response(fault.status, error_name(fault.status), fault.text, id);
  http::RenderContext context;
  context.request_id = id;
  context.date = http::http_date_now();
  context.close = true;
  std::string bytes;
  http::append_response(bytes, response, context);
  return bytes;
}

/// An idle connection does not keep the room of a deny feed.
void release_if_large(std::string& bytes) {
  constexpr std::size_t kKept = 64UL * 1024;
  if (bytes.capacity() > kKept) std::string{}.swap(bytes);
}

/// RFC 8446 section 6.1: tells the peer that nothing follows, so that it takes the end for no attack. Does not wait for
/// the peer to say the same.
Task<void> end_writing(TlsStream& stream, SocketSession& session) {
  SSL* ssl = stream.native_handle();
  SSL_set_shutdown(ssl, SSL_get_shutdown(ssl) | SSL_RECEIVED_SHUTDOWN);
  session.enter(Phase::busy, kCloseTimeout);
  co_await stream.async_shutdown(kResume);
}

/// Without TLS the end of the connection says all.
Task<void> end_writing(Socket& /*socket*/, SocketSession& /*session*/) { co_return; }

/// After a fault the peer may still be sending. Closing now would reset the connection and lose the answer on its way.
Task<void> linger(SocketSession& session) {
  Socket& socket = session.socket();
  session.enter(Phase::busy, kCloseTimeout);
  boost::system::error_code ignored_where_gone;
  socket.shutdown(Socket::shutdown_send, ignored_where_gone);
  std::array<char, kReadBytes> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): written before it is read
  std::size_t total = 0;
  while (total < kLingerBytes) {
    const auto [error, count] = co_await socket.async_read_some(asio::buffer(buffer), kResume);
    if (error) co_return;
    total += count;
  }
}

template <typename Stream>
Task<bool> write_all(Stream& stream, SocketSession& session, std::string_view bytes) {
  session.enter(Phase::busy, session.listener().limits.body_timeout);
  const auto [error, count] = co_await asio::async_write(stream, asio::buffer(bytes), kResume);
  co_return !error;
}

template <typename Stream>
Task<void> answer_fault(Stream& stream, SocketSession& session, RequestFault fault,
                        const http::Connection& connection) {
  session.listener().metrics.requests_malformed.increment();
  const std::string answer = render_fault(fault, connection);
  const bool sent = co_await write_all(stream, session, answer);
  if (!sent) co_return;
  co_await end_writing(stream, session);
  co_await linger(session);
}

/// Reads until a request is complete or the connection is over. A fault is answered here, whole: `lost`.
template <typename Stream>
Task<Turn> read_request(Stream& stream, SocketSession& session, RequestParser& parser,
                        const http::Connection& connection) {
  std::array<char, kReadBytes> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): written before it is read
  while (parser.state() != RequestParser::State::done) {
    if (parser.state() == RequestParser::State::fault) {
      co_await answer_fault(stream, session, parser.fault(), connection);
      co_return Turn::lost;
    }
    // A handshake or an answer may have ended after the drain began: nothing more is awaited then.
    if (parser.state() == RequestParser::State::idle && session.listener().sessions.is_draining()) {
      co_return Turn::quiet;
    }
    session.await_bytes(parser.state());
    const auto [error, count] = co_await stream.async_read_some(asio::buffer(buffer), kResume);
    if (error) {
      const bool is_late = session.is_expired() && parser.state() != RequestParser::State::idle;
      if (is_late && !session.listener().sessions.is_draining()) {
        const RequestFault fault{408, "the request did not come in time"};
        co_await answer_fault(stream, session, fault, connection);
        co_return Turn::lost;
      }
      // TLS calls it the end of file only where the peer announced it; what was cut gets no answer.
      co_return session.is_expired() || error == asio::error::eof ? Turn::quiet : Turn::lost;
    }
    parser.feed(std::string_view{buffer.data(), count});
    if (parser.take_expects_continue()) {
      const bool sent = co_await write_all(stream, session, kContinue);
      if (!sent) co_return Turn::lost;
      session.begin_request();
    }
  }
  co_return Turn::request;
}

/// Serves requests until the connection ends, and tells how it did.
template <typename Stream>
Task<Turn> serve_requests(Stream& stream, SocketSession& session, std::shared_ptr<const http::Connection> connection) {
  ListenerState& listener = session.listener();
  RequestParser parser{parser_bounds(listener.limits)};
  std::string bytes;
  for (;;) {
    session.begin_request();
    const Turn turn = co_await read_request(stream, session, parser, *connection);
    if (turn != Turn::request) co_return turn;
    http::Request request = parser.take();
    request.id = make_request_id();
    request.connection = connection;
    session.enter_unbounded(Phase::busy);
    const http::Response response = co_await listener.handler.handle(request);

    http::RenderContext context;
    context.request_id = request.id;
    context.date = http::http_date_now();
    context.close = !request.keep_alive || listener.sessions.is_draining();
    context.omit_body = request.method == http::Method::head;
    bytes.clear();
    http::append_response(bytes, response, context);
    const bool sent = co_await write_all(stream, session, bytes);
    if (!sent) co_return Turn::lost;
    if (context.close) co_return Turn::answered;
    release_if_large(bytes);
    session.end_request();
    parser.next();
  }
}

std::string to_text(const asio::ip::tcp::endpoint& endpoint) {
  const std::string address = endpoint.address().to_string();
  const std::string port = std::to_string(endpoint.port());
  return endpoint.address().is_v6() ? "[" + address + "]:" + port : address + ":" + port;
}

std::shared_ptr<http::Connection> make_connection(const Socket& socket, const ListenerState& listener) {
  auto connection = std::make_shared<http::Connection>();
  connection->listener_address = listener.address;
  connection->listener = listener.number;
  connection->peer_address = "unix";
  if (listener.is_local()) return connection;
  boost::system::error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  connection->peer_address = error ? "gone" : to_text(endpoint);
  return connection;
}

void log_failed_handshake(const boost::system::error_code& error, SocketSession& session,
                          const http::Connection& connection) {
  const SessionMetrics& metrics = session.listener().metrics;
  if (session.is_expired()) {
    metrics.handshakes_timed_out.increment();
  } else {
    metrics.handshakes_failed.increment();
  }
  log::info("handshake_failed", {{"peer", connection.peer_address},
                                 {"listener", connection.listener_address},
                                 {"detail", session.is_expired() ? "timed out" : error.message()}});
}

Task<void> run_tls(Socket socket, std::shared_ptr<ListenerState> listener) {
  const TlsContext context = listener->tls;  // keeps the context that this connection began with
  auto connection = make_connection(socket, *listener);
  SSL* ssl = SSL_new(context.get());
  if (ssl == nullptr) {
    log::error("tls_unavailable", {{"detail", crypto::take_openssl_errors()}});
    co_return;
  }
  TlsStream stream{std::move(socket), ssl};
  SocketSession session{stream.next_layer(), *listener};
  session.enter(Phase::handshake, listener->limits.handshake_timeout);
  const auto began = SessionControl::Clock::now();
  const auto [error] = co_await stream.async_handshake(TlsStream::server, kResume);
  if (error) {
    log_failed_handshake(error, session, *connection);
    co_return;
  }
  const std::chrono::duration<double> lasted = SessionControl::Clock::now() - began;
  listener->metrics.handshakes_completed.increment();
  listener->metrics.handshake_seconds.observe(lasted.count());
  connection->peer = take_presented_chain(*stream.native_handle());

  const Turn end = co_await serve_requests(stream, session, std::move(connection));
  if (end == Turn::quiet) co_await end_writing(stream, session);
  if (end != Turn::answered) co_return;
  session.enter(Phase::busy, kCloseTimeout);
  // The peer may be gone or not answer; either way the answer was sent and the connection ends here.
  co_await stream.async_shutdown(kResume);
}

Task<void> run_plain(Socket socket, std::shared_ptr<ListenerState> listener) {
  auto connection = make_connection(socket, *listener);
  SocketSession session{socket, *listener};
  const Turn end = co_await serve_requests(socket, session, std::move(connection));
  if (end == Turn::answered) co_await linger(session);
}

}  // namespace

SessionMetrics::SessionMetrics(metrics::Registry& registry)
    : connections{registry.gauge("certbound_connections", "Connections that are open")},
      connections_accepted{registry.counter("certbound_connections_accepted_total", "Connections accepted")},
      connections_refused{
          registry.counter("certbound_connections_refused_total", "Connections closed at once: the worker was full")},
      handshakes_completed{
          registry.counter("certbound_tls_handshakes_total", "TLS handshakes by result", {{"result", "completed"}})},
      handshakes_failed{
          registry.counter("certbound_tls_handshakes_total", "TLS handshakes by result", {{"result", "failed"}})},
      handshakes_timed_out{
          registry.counter("certbound_tls_handshakes_total", "TLS handshakes by result", {{"result", "timed_out"}})},
      handshake_seconds{
          registry.histogram("certbound_tls_handshake_duration_seconds", "Time from accept to the handshake's end")},
      requests_malformed{registry.counter("certbound_http_requests_malformed_total",
                                          "Requests that were not HTTP, too large, or too slow")},
      faults{registry.counter("certbound_faults_total", "Exceptions that reached a coroutine's end; each is a bug")} {}

Task<void> run_session(Socket socket, std::shared_ptr<ListenerState> listener) {
  boost::system::error_code error;
  if (!listener->is_local()) socket.set_option(asio::ip::tcp::no_delay{true}, error);
  if (error) co_return;  // the peer is gone already
  if (listener->tls) {
    co_await run_tls(std::move(socket), std::move(listener));
  } else {
    co_await run_plain(std::move(socket), std::move(listener));
  }
}

}  // namespace certbound::net
