#include "connection.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <openssl/x509_vfy.h>

#include "crypto/handle.hpp"

namespace certbound::load {

namespace {

std::string errno_text(int number) { return std::generic_category().message(number); }

socklen_t fill_address(const Endpoint& endpoint, sockaddr_storage& storage) {
  if (endpoint.family == AF_INET6) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(endpoint.port);
    inet_pton(AF_INET6, endpoint.ip.c_str(), &address.sin6_addr);
    std::memcpy(&storage, &address, sizeof address);
    return sizeof address;
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(endpoint.port);
  inet_pton(AF_INET, endpoint.ip.c_str(), &address.sin_addr);
  std::memcpy(&storage, &address, sizeof address);
  return sizeof address;
}

int connect_socket(int socket, const Endpoint& endpoint) {
  sockaddr_storage storage{};
  const socklen_t size = fill_address(endpoint, storage);
  return ::connect(socket, reinterpret_cast<const sockaddr*>(&storage), size);
}

}  // namespace

Connection::Progress Connection::open(const TlsClient& tls, const Endpoint& endpoint, int epoll) {
  fault_ = Fault::none;
  reader_.reset();
  socket_ = ::socket(endpoint.family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket_ < 0) return fail(Fault::connect, "socket: " + errno_text(errno));
  state_ = State::connecting;
  const int on = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect_socket(socket_, endpoint) != 0 && errno != EINPROGRESS) {
    return fail(Fault::connect, "connect: " + errno_text(errno));
  }
  session_ = tls.open(socket_);
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = this;
  if (!session_ || epoll_ctl(epoll, EPOLL_CTL_ADD, socket_, &event) != 0) return fail(Fault::io, "no session or event");
  return Progress::pending;
}

Connection::Progress Connection::send(const PreparedRequest& request) {
  octets_.assign(request.octets);
  client_id_.assign(request.client_id);
  written_ = 0;
  reader_.reset();
  state_ = State::writing;
  return write();
}

Connection::Progress Connection::advance() {
  switch (state_) {
    case State::closed:
      return Progress::pending;
    case State::connecting:
      return finish_connect();
    case State::handshaking:
      return handshake();
    case State::ready:
      return notice_idle_event();
    case State::writing:
      return write();
    case State::reading:
      return read();
  }
  return Progress::pending;
}

Connection::Progress Connection::finish_connect() {
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return fail(Fault::connect, errno_text(error));
  state_ = State::handshaking;
  return handshake();
}

Connection::Progress Connection::handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(session_.get());
  if (result != 1) {
    const long verdict = SSL_get_verify_result(session_.get());
    if (verdict == X509_V_OK) return wait_or_fail(result, Fault::handshake);
    return fail(Fault::server_certificate, X509_verify_cert_error_string(verdict));
  }
  is_established_ = true;
  state_ = State::ready;
  return Progress::ready;
}

Connection::Progress Connection::write() {
  while (written_ < octets_.size()) {
    ERR_clear_error();
    const auto rest = static_cast<int>(octets_.size() - written_);
    const int result = SSL_write(session_.get(), octets_.data() + written_, rest);
    if (result <= 0) return wait_or_fail(result, Fault::io);
    written_ += static_cast<std::size_t>(result);
  }
  state_ = State::reading;
  // The answer cannot be there yet: to ask for it now would cost a system call. Its arrival is an edge.
  return Progress::pending;
}

Connection::Progress Connection::read() {
  for (;;) {
    const auto space = reader_.space();
    ERR_clear_error();
    const int result = SSL_read(session_.get(), space.data(), static_cast<int>(space.size()));
    if (result <= 0) return wait_or_fail(result, Fault::io);
    const auto state = reader_.commit(static_cast<std::size_t>(result));
    if (state == ResponseReader::State::malformed)
      return fail(Fault::malformed, "not one response with a Content-Length");
    if (state == ResponseReader::State::complete) break;
  }
  state_ = State::ready;
  return Progress::answered;
}

Connection::Progress Connection::notice_idle_event() {
  char octet = 0;
  ERR_clear_error();
  const int result = SSL_read(session_.get(), &octet, 1);
  if (result > 0) return fail(Fault::malformed, "octets that nobody asked for");
  const int reason = SSL_get_error(session_.get(), result);
  const bool waits = reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE;
  return waits ? Progress::pending : Progress::gone;
}

Connection::Progress Connection::fail(Fault fault, std::string detail) {
  fault_ = fault;
  fault_detail_ = std::move(detail);
  return Progress::failed;
}

Connection::Progress Connection::wait_or_fail(int result, Fault otherwise) {
  const int system_error = errno;
  const int reason = SSL_get_error(session_.get(), result);
  if (reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE) return Progress::pending;
  // After a protocol error OpenSSL must not be asked for a close_notify.
  is_established_ = false;
  if (reason == SSL_ERROR_ZERO_RETURN) return fail(Fault::closed, "close_notify");
  const bool is_cut = ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
  std::string detail = crypto::take_openssl_errors();
  if (detail.empty()) detail = system_error == 0 ? "end of stream" : errno_text(system_error);
  const bool is_end = is_cut || (reason == SSL_ERROR_SYSCALL && state_ == State::reading);
  return fail(is_end ? Fault::closed : otherwise, std::move(detail));
}

void Connection::close() {
  if (is_established_) {
    ERR_clear_error();
    SSL_shutdown(session_.get());
    ERR_clear_error();
  }
  session_.reset();
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
  is_established_ = false;
  is_busy = false;
  state_ = State::closed;
}

}  // namespace certbound::load
