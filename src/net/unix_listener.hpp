#pragma once

#include <filesystem>

#include "base/result.hpp"
#include "net/worker.hpp"

namespace certbound::net {

/// What stands before the path in the address of a Unix socket.
inline constexpr std::string_view kUnixPrefix = "unix:";

/// Binds a Unix socket at `path`, which is absolute, with `mode` from its first moment. One that nobody listens at any
/// more is replaced. Errors: `invalid_request`, `detail` names the path: somebody listens, something else is there, or
/// what the system said.
[[nodiscard]] Result<ListeningSocket> bind_unix_listener(const std::filesystem::path& path, unsigned mode);

/// Takes the name away, where it is still a socket's. Who is connected stays so.
void remove_unix_listener(const std::filesystem::path& path);

}  // namespace certbound::net
