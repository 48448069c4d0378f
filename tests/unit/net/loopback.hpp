#pragma once

#include <arpa/inet.h>
#include <future>
#include <memory>
#include <netinet/in.h>
#include <optional>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <openssl/ssl.h>

#include "net/worker.hpp"
#include "unit/net/tls_peers.hpp"

namespace certbound::net {

/// Answers with what it was asked. `/wait` is answered when the test says so, `/throw` throws, `/peer` tells the
/// thumbprint of the connection's certificate.
class EchoHandler final : public http::Handler {
 public:
  [[nodiscard]] Task<http::Response> handle(const http::Request& request) override {
    if (request.path == "/throw") throw std::runtime_error{"thrown by the handler"};
    if (request.path == "/wait") {
      const auto executor = co_await boost::asio::this_coro::executor;
      boost::asio::steady_timer timer{executor};
      timer.expires_at(boost::asio::steady_timer::time_point::max());
      waiting_ = &timer;
      entered.set_value();
      // A cancelled wait is how it goes on.
      co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    }
    std::string body = request.path + " " + request.body;
    if (request.path == "/peer") body = request.connection->peer ? request.connection->peer->x5t_s256 : "none";
    http::Response response{200, "text/plain", std::move(body)};
    co_return response;
  }

  /// On the worker's thread, after `entered`.
  void release() { waiting_->cancel(); }

  std::promise<void> entered;

 private:
  boost::asio::steady_timer* waiting_ = nullptr;
};

/// A blocking client on loopback; what does not come within ten seconds counts as not coming.
class LoopbackClient {
 public:
  explicit LoopbackClient(const std::string& address) : descriptor_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    ::sockaddr_in peer{};
    peer.sin_family = AF_INET;
    peer.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    peer.sin_port = ::htons(static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
    const ::timeval patience{10, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    is_connected_ = ::connect(descriptor_, reinterpret_cast<const ::sockaddr*>(&peer), sizeof peer) == 0;
  }
  LoopbackClient(const LoopbackClient&) = delete;
  LoopbackClient& operator=(const LoopbackClient&) = delete;
  ~LoopbackClient() {
    ssl_.reset();
    ::close(descriptor_);
  }

  [[nodiscard]] bool is_connected() const { return is_connected_; }

  [[nodiscard]] bool start_tls(const TlsContext& context) {
    ssl_.reset(SSL_new(context.get()));
    SSL_set_fd(ssl_.get(), descriptor_);
    return SSL_connect(ssl_.get()) == 1;
  }
  [[nodiscard]] std::string server_thumbprint() const {
    return x509::x5t_s256(x509::Certificate::share(*SSL_get0_peer_certificate(ssl_.get())));
  }

  void send(std::string_view bytes) {
    if (ssl_) {
      SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
    } else {
      ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    }
  }

  /// One answer with a Content-Length, whole; what there is where the connection ends before.
  [[nodiscard]] std::string read_answer() {
    for (;;) {
      const std::size_t header = buffer_.find("\r\n\r\n");
      if (header != std::string::npos) {
        const std::size_t length = buffer_.find("Content-Length: ");
        const std::size_t body = length < header ? std::stoul(buffer_.substr(length + 16)) : 0;
        if (buffer_.size() >= header + 4 + body) return take(header + 4 + body);
      }
      if (!read_some()) return take(buffer_.size());
    }
  }
  /// All that comes until the other side closes.
  [[nodiscard]] std::string read_to_end() {
    while (read_some()) continue;
    return take(buffer_.size());
  }
  /// Did the other side close, without another octet?
  [[nodiscard]] bool is_closed() { return buffer_.empty() && !read_some() && last_read_ == 0; }
  /// Did it say so (RFC 8446 section 6.1), once it closed?
  [[nodiscard]] bool has_close_notify() const { return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }
  /// Says so itself, and goes on reading.
  void end_tls() { SSL_shutdown(ssl_.get()); }

 private:
  bool read_some() {
    char octets[4096];
    last_read_ = ssl_ ? SSL_read(ssl_.get(), octets, sizeof octets) : ::recv(descriptor_, octets, sizeof octets, 0);
    if (last_read_ <= 0) return false;
    buffer_.append(octets, static_cast<std::size_t>(last_read_));
    return true;
  }
  std::string take(std::size_t size) {
    std::string taken = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return taken;
  }

  int descriptor_;
  bool is_connected_ = false;
  SslHandle ssl_;
  ssize_t last_read_ = 1;
  std::string buffer_;
};

/// A worker with one listener on loopback.
class LoopbackServer {
 public:
  explicit LoopbackServer(const Limits& limits = {}, TlsContext tls = nullptr)
      : metrics{registry}, worker_{std::in_place, limits, metrics} {
    auto socket = bind_listener("127.0.0.1:0");
    if (!socket) throw std::runtime_error{socket.error().detail};
    address = socket->address();
    const Audience audience = tls ? Audience::clients : Audience::operators;
    listener = worker().add_listener(*std::move(socket), std::move(tls), handler, audience);
    worker().start([](const std::string& detail) { ADD_FAILURE() << "the listener failed: " << detail; });
  }

  [[nodiscard]] Worker& worker() { return *worker_; }

  /// Runs `action` on the worker's thread and waits for it.
  template <typename Action>
  void run(Action action) {
    std::promise<void> done;
    worker().post([&action, &done] {
      action();
      done.set_value();
    });
    done.get_future().wait();
  }
  [[nodiscard]] std::size_t session_count() {
    std::size_t count = 0;
    run([this, &count] { count = worker().session_count(); });
    return count;
  }
  /// Drains and waits for the end.
  void stop() {
    worker().drain();
    worker().join();
  }

  EchoHandler handler;
  metrics::Registry registry;
  SessionMetrics metrics;
  std::string address;
  std::size_t listener = 0;

 private:
  std::optional<Worker> worker_;  // last: its thread uses the others
};

inline std::string get_of(const std::string& path, const std::string& lines = "") {
  return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + lines + "\r\n";
}

inline std::string body_of(const std::string& answer) {
  const std::size_t end = answer.find("\r\n\r\n");
  return end == std::string::npos ? "" : answer.substr(end + 4);
}

}  // namespace certbound::net
