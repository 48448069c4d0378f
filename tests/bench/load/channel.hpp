#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "tally.hpp"
#include "tls_client.hpp"

namespace certbound::load {

/// Octets over one connected, non-blocking socket: TLS, or nothing in between. Owns the socket. Not thread safe.
class Channel {
 public:
  enum class State : std::uint8_t {
    done,
    waits,   ///< for an event of the socket
    ended,   ///< by the server
    broken,  ///< detail() says why
  };
  struct Outcome {
    State state = State::done;
    std::size_t count = 0;  ///< octets that went through
  };

  Channel() = default;
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  Channel(Channel&&) = delete;
  Channel& operator=(Channel&&) = delete;
  ~Channel() { close(); }

  /// `socket` is the channel's from now on. Without `tls` the octets go as they are. False where there is no memory.
  [[nodiscard]] bool adopt(int socket, const TlsClient* tls);
  /// Done at once without TLS.
  [[nodiscard]] Outcome handshake();
  [[nodiscard]] Outcome read(std::span<char> to);
  [[nodiscard]] Outcome write(std::string_view octets);
  /// Tells the server by close_notify where a handshake was done.
  void close();

  /// Why the last outcome was `ended` or `broken`.
  [[nodiscard]] const std::string& detail() const { return detail_; }
  /// What a broken handshake counts as.
  [[nodiscard]] Fault handshake_fault() const { return handshake_fault_; }

 private:
  enum class Step : std::uint8_t { handshake, read, write };

  Outcome stop(State state, std::string detail);
  Outcome judge_tls(int result, Step step);
  Outcome judge_plain(long result, Step step);

  SslHandle session_;
  std::string detail_;
  int socket_ = -1;
  Fault handshake_fault_ = Fault::handshake;
  bool is_established_ = false;  // a close_notify may be sent
};

/// What errno `number` means.
[[nodiscard]] std::string errno_text(int number);

}  // namespace certbound::load
