#include "connection.hpp"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <utility>

namespace certbound::load {

namespace {

template <typename Address>
socklen_t put_address(const Address& address, sockaddr_storage& storage) {
  std::memcpy(&storage, &address, sizeof address);
  return sizeof address;
}

socklen_t fill_address(const Endpoint& endpoint, sockaddr_storage& storage) {
  if (endpoint.family == AF_UNIX) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    endpoint.ip.copy(static_cast<char*>(address.sun_path), sizeof address.sun_path - 1);
    return put_address(address, storage);
  }
  if (endpoint.family == AF_INET6) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(endpoint.port);
    inet_pton(AF_INET6, endpoint.ip.c_str(), &address.sin6_addr);
    return put_address(address, storage);
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(endpoint.port);
  inet_pton(AF_INET, endpoint.ip.c_str(), &address.sin_addr);
  return put_address(address, storage);
}

int connect_socket(int socket, const Endpoint& endpoint) {
  sockaddr_storage storage{};
  const socklen_t size = fill_address(endpoint, storage);
  return ::connect(socket, reinterpret_cast<const sockaddr*>(&storage), size);
}

}  // namespace

Connection::Progress Connection::open(const TlsClient* tls, const Endpoint& endpoint, int epoll) {
  fault_ = Fault::none;
  reader_.reset();
  socket_ = ::socket(endpoint.family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket_ < 0) return fail(Fault::connect, "socket: " + errno_text(errno));
  state_ = State::connecting;
  const bool is_ready = channel_.adopt(socket_, tls);
  const int on = 1;
  if (endpoint.family != AF_UNIX) setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect_socket(socket_, endpoint) != 0 && errno != EINPROGRESS) {
    return fail(Fault::connect, "connect: " + errno_text(errno));
  }
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = this;
  if (!is_ready || epoll_ctl(epoll, EPOLL_CTL_ADD, socket_, &event) != 0) return fail(Fault::io, "no session or event");
  return Progress::pending;
}

Connection::Progress Connection::send(const PreparedRequest& request) {
  octets_.assign(request.octets);
  client_id_.assign(request.client_id);
  token_id_.assign(request.token_id);
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
  const auto outcome = channel_.handshake();
  if (outcome.state != Channel::State::done) return wait_or_fail(outcome.state, channel_.handshake_fault());
  state_ = State::ready;
  return Progress::ready;
}

Connection::Progress Connection::write() {
  while (written_ < octets_.size()) {
    const auto outcome = channel_.write(std::string_view{octets_}.substr(written_));
    if (outcome.state != Channel::State::done) return wait_or_fail(outcome.state, Fault::io);
    written_ += outcome.count;
  }
  state_ = State::reading;
  // The answer cannot be there yet: to ask for it now would cost a system call. Its arrival is an edge.
  return Progress::pending;
}

Connection::Progress Connection::read() {
  for (;;) {
    const auto outcome = channel_.read(reader_.space());
    if (outcome.state != Channel::State::done) return wait_or_fail(outcome.state, Fault::io);
    const auto state = reader_.commit(outcome.count);
    if (state == ResponseReader::State::malformed)
      return fail(Fault::malformed, "not one response with a Content-Length");
    if (state == ResponseReader::State::complete) break;
  }
  state_ = State::ready;
  return Progress::answered;
}

Connection::Progress Connection::notice_idle_event() {
  std::array<char, 1> octet{};
  const auto outcome = channel_.read(octet);
  if (outcome.state == Channel::State::done) return fail(Fault::malformed, "octets that nobody asked for");
  return outcome.state == Channel::State::waits ? Progress::pending : Progress::gone;
}

Connection::Progress Connection::fail(Fault fault, std::string detail) {
  fault_ = fault;
  fault_detail_ = std::move(detail);
  return Progress::failed;
}

Connection::Progress Connection::wait_or_fail(Channel::State state, Fault otherwise) {
  if (state == Channel::State::waits) return Progress::pending;
  return fail(state == Channel::State::ended ? Fault::closed : otherwise, channel_.detail());
}

void Connection::close() {
  channel_.close();
  socket_ = -1;
  is_busy = false;
  state_ = State::closed;
}

}  // namespace certbound::load
