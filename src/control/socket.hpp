#pragma once

#include <chrono>
#include <filesystem>
#include <sys/types.h>

#include "base/file_descriptor.hpp"
#include "base/result.hpp"
#include "control/peer.hpp"

namespace certbound::control {

/// The socket's name within the state directory.
inline constexpr const char* kSocketName = "control.sock";

/// Makes the socket with mode 0600 from its first moment on, and listens; nonblocking. What a dead daemon left there is
/// removed, so the caller holds the lock of the state directory: with it, no living daemon has that socket. Sets the
/// process's umask for a moment. Errors: `invalid_request`, `detail` names the file and what the system said; also
/// where something stands there that is no socket.
[[nodiscard]] Result<FileDescriptor> open_control_socket(const std::filesystem::path& state_dir);

/// Removes the socket, while the lock is still held. One that is gone already is no error; others are logged.
void remove_control_socket(const std::filesystem::path& state_dir);

/// Connects to it; the descriptor blocks, and no call on it longer than `timeout`. Errors: `invalid_request` where no
/// daemon answers there, or where this user may not ask it; `detail` is for the operator.
[[nodiscard]] Result<FileDescriptor> connect_control_socket(const std::filesystem::path& state_dir,
                                                            std::chrono::milliseconds timeout);

/// Who is at the other end, as the kernel says (SO_PEERCRED). Errors: `server_error`.
[[nodiscard]] Result<Peer> find_peer(int descriptor);

/// May a process of the user `peer` command a daemon of the user `own`? Its own user and root may. The socket's mode
/// says the same; this holds where somebody has changed the mode.
[[nodiscard]] constexpr bool is_permitted_peer(uid_t peer, uid_t own) { return peer == 0 || peer == own; }

}  // namespace certbound::control
