#pragma once

#include <arpa/inet.h>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <netinet/in.h>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include <openssl/ssl.h>

#include "crypto/handle.hpp"
#include "support/pki.hpp"

namespace certbound::fetch {

using ServerSsl = std::unique_ptr<SSL, crypto::Deleter<SSL_free>>;
using ServerContext = std::shared_ptr<SSL_CTX>;

inline ServerContext make_server_context(const test::Identity& identity) {
  ServerContext context{SSL_CTX_new(TLS_server_method()), SSL_CTX_free};
  if (!context || SSL_CTX_use_certificate(context.get(), &identity.certificate.handle()) != 1 ||
      SSL_CTX_use_PrivateKey(context.get(), identity.key.get()) != 1) {
    throw std::runtime_error{crypto::take_openssl_errors()};
  }
  return context;
}

/// The server's end of one connection; blocking, with TLS where the server has it.
class HostilePeer {
 public:
  HostilePeer(int descriptor, SSL_CTX* context) : descriptor_{descriptor} {
    if (context == nullptr) return;
    ssl_.reset(SSL_new(context));
    SSL_set_fd(ssl_.get(), descriptor_);
  }

  /// False where the client broke it off.
  bool shake_hands() { return !ssl_ || SSL_accept(ssl_.get()) == 1; }

  /// Up to and with the blank line; what came where the client went away.
  std::string read_head() {
    std::string head;
    while (!head.ends_with("\r\n\r\n")) {
      const std::string octet = read(1);
      if (octet.empty()) break;
      head += octet;
    }
    return head;
  }
  std::string read(std::size_t size) {
    std::string bytes(size, '\0');
    const int count = ssl_ ? SSL_read(ssl_.get(), bytes.data(), static_cast<int>(size))
                           : static_cast<int>(::recv(descriptor_, bytes.data(), size, 0));
    bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return bytes;
  }
  /// False where the client has gone.
  bool send(const std::string& bytes) {
    if (ssl_) return SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) > 0;
    return ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<::ssize_t>(bytes.size());
  }
  /// The closing message of TLS.
  void close_notify() {
    if (ssl_) SSL_shutdown(ssl_.get());
  }
  /// Ends with a reset rather than an orderly end.
  void reset() {
    const ::linger at_once{1, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  /// Waits for the client to go away; that long at the most. True where it has.
  bool is_gone_within(std::chrono::milliseconds time) {
    ::pollfd wanted{descriptor_, POLLIN, 0};
    if (::poll(&wanted, 1, static_cast<int>(time.count())) <= 0) return false;
    return read(4096).empty();
  }
  void hang() {
    while (!is_gone_within(std::chrono::seconds{1})) {
    }
  }

 private:
  int descriptor_;
  ServerSsl ssl_;
};

/// Listens on a free port of 127.0.0.1 and does to each connection what the test says. Its end ends every connection.
class HostileServer {
 public:
  using Behaviour = std::function<void(HostilePeer&)>;
  enum class Handshake { first, never };

  /// Plain where `context` is null.
  HostileServer(ServerContext context, Behaviour behaviour, Handshake handshake = Handshake::first)
      : context_{std::move(context)}, behaviour_{std::move(behaviour)}, handshake_{handshake} {
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ::sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<::sockaddr*>(&address), size) != 0 || ::listen(listener_, 16) != 0 ||
        ::getsockname(listener_, reinterpret_cast<::sockaddr*>(&address), &size) != 0) {
      throw std::runtime_error{"cannot listen on 127.0.0.1"};
    }
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread{[this] { accept_all(); }};
  }
  HostileServer(const HostileServer&) = delete;
  HostileServer& operator=(const HostileServer&) = delete;
  ~HostileServer() {
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    {
      const std::lock_guard lock{mutex_};
      for (const Served& served : served_) ::shutdown(served.descriptor, SHUT_RDWR);
    }
    for (Served& served : served_) {
      served.thread.join();
      ::close(served.descriptor);
    }
    ::close(listener_);
  }

  [[nodiscard]] std::string port() const { return std::to_string(port_); }
  /// TCP connections so far.
  [[nodiscard]] int connections() const { return connections_; }
  /// Connections that reached the behaviour.
  [[nodiscard]] int conversations() const { return conversations_; }

 private:
  struct Served {
    int descriptor;
    std::thread thread;
  };

  void accept_all() {
    for (;;) {
      const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (descriptor < 0) return;
      ++connections_;
      const std::lock_guard lock{mutex_};
      served_.push_back({descriptor, std::thread{[this, descriptor] { serve(descriptor); }}});
    }
  }

  void serve(int descriptor) {
    {
      HostilePeer peer{descriptor, handshake_ == Handshake::never ? nullptr : context_.get()};
      if (handshake_ == Handshake::never || peer.shake_hands()) {
        ++conversations_;
        behaviour_(peer);
      }
    }
    static_cast<void>(crypto::take_openssl_errors());
    // Not closed: the number could be another file's by the time the server ends. A reset needs the close itself.
    ::linger reset{};
    ::socklen_t size = sizeof reset;
    ::getsockopt(descriptor, SOL_SOCKET, SO_LINGER, &reset, &size);
    if (reset.l_onoff != 0) {
      const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
      ::dup3(nothing, descriptor, O_CLOEXEC);
      ::close(nothing);
    } else {
      ::shutdown(descriptor, SHUT_RDWR);
    }
  }

  ServerContext context_;
  Behaviour behaviour_;
  Handshake handshake_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_{0};
  std::atomic<int> conversations_{0};
  std::mutex mutex_;  // guards served_ while the acceptor runs
  std::list<Served> served_;
  std::thread acceptor_;
};

}  // namespace certbound::fetch
