#include "channel.hpp"

#include <cerrno>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <openssl/x509_vfy.h>

#include "crypto/handle.hpp"

namespace certbound::load {

std::string errno_text(int number) { return std::generic_category().message(number); }

bool Channel::adopt(int socket, const TlsClient* tls) {
  socket_ = socket;
  handshake_fault_ = Fault::handshake;
  if (tls == nullptr) return true;
  session_ = tls->open(socket);
  return session_ != nullptr;
}

Channel::Outcome Channel::handshake() {
  if (!session_) return {};
  ERR_clear_error();
  const int result = SSL_do_handshake(session_.get());
  if (result == 1) {
    is_established_ = true;
    return {};
  }
  const long verdict = SSL_get_verify_result(session_.get());
  if (verdict == X509_V_OK) return judge_tls(result, Step::handshake);
  handshake_fault_ = Fault::server_certificate;
  return stop(State::broken, X509_verify_cert_error_string(verdict));
}

Channel::Outcome Channel::read(std::span<char> to) {
  if (!session_) return judge_plain(::recv(socket_, to.data(), to.size(), 0), Step::read);
  ERR_clear_error();
  return judge_tls(SSL_read(session_.get(), to.data(), static_cast<int>(to.size())), Step::read);
}

Channel::Outcome Channel::write(std::string_view octets) {
  if (!session_) return judge_plain(::send(socket_, octets.data(), octets.size(), MSG_NOSIGNAL), Step::write);
  ERR_clear_error();
  return judge_tls(SSL_write(session_.get(), octets.data(), static_cast<int>(octets.size())), Step::write);
}

Channel::Outcome Channel::stop(State state, std::string detail) {
  detail_ = std::move(detail);
  return {state, 0};
}

Channel::Outcome Channel::judge_plain(long result, Step step) {
  if (result > 0) return {State::done, static_cast<std::size_t>(result)};
  if (result == 0) return stop(State::ended, "end of stream");
  if (errno == EAGAIN || errno == EWOULDBLOCK) return {State::waits, 0};
  return stop(step == Step::read ? State::ended : State::broken, errno_text(errno));
}

Channel::Outcome Channel::judge_tls(int result, Step step) {
  if (result > 0) return {State::done, static_cast<std::size_t>(result)};
  const int system_error = errno;
  const int reason = SSL_get_error(session_.get(), result);
  if (reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE) return {State::waits, 0};
  // After a protocol error OpenSSL must not be asked for a close_notify.
  is_established_ = false;
  if (reason == SSL_ERROR_ZERO_RETURN) return stop(State::ended, "close_notify");
  const bool is_cut = ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
  std::string detail = crypto::take_openssl_errors();
  if (detail.empty()) detail = system_error == 0 ? "end of stream" : errno_text(system_error);
  const bool is_end = is_cut || (reason == SSL_ERROR_SYSCALL && step == Step::read);
  return stop(is_end ? State::ended : State::broken, std::move(detail));
}

void Channel::close() {
  if (is_established_) {
    ERR_clear_error();
    SSL_shutdown(session_.get());
    ERR_clear_error();
  }
  session_.reset();
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
  is_established_ = false;
}

}  // namespace certbound::load
