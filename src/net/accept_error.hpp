#pragma once

#include <cerrno>
#include <cstdint>

namespace certbound::net {

/// What an error of accept() speaks of.
enum class AcceptError : std::uint8_t {
  passing,   ///< one connection or the moment: a later accept may go well
  shortage,  ///< no descriptor is left: the end of a connection helps
  fatal,     ///< the listening socket itself
};

/// By `error`, a value of errno. accept(2): errors of the network that wait on a new connection come through accept, so
/// that only what no listening socket can say is fatal.
[[nodiscard]] inline AcceptError classify_accept_error(int error) {
  switch (error) {
    case EBADF:
    case EFAULT:
    case EINVAL:
    case ENOTSOCK:
      return AcceptError::fatal;
    case EMFILE:
    case ENFILE:
      return AcceptError::shortage;
    default:
      return AcceptError::passing;
  }
}

}  // namespace certbound::net
