#pragma once

#include <sys/types.h>

namespace certbound::control {

/// Who is at the other end of the socket, as the kernel says (SO_PEERCRED): when it connected.
struct Peer {
  uid_t user = 0;
  pid_t process = 0;  ///< 0 where it is in a namespace that this one does not see
};

}  // namespace certbound::control
