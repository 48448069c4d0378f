#include "app/sd_notify.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string_view>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/file.hpp"
#include "base/log.hpp"

namespace certbound::app {

Result<void> sd_notify(const std::string& state) {
  const char* variable = std::getenv("NOTIFY_SOCKET");  // NOLINT(concurrency-mt-unsafe): nothing sets it
  if (variable == nullptr || *variable == '\0') return {};
  const std::string_view path{variable};
  ::sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return invalid_input("NOTIFY_SOCKET is too long");
  std::memcpy(address.sun_path, path.data(), path.size());
  // A name that begins with @ is in the abstract namespace, which the system spells with a leading NUL.
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';
  const int descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return invalid_input("socket: " + system_error_text(errno));
  const auto size = static_cast<::socklen_t>(offsetof(::sockaddr_un, sun_path) + path.size());
  const ssize_t sent = ::sendto(descriptor, state.data(), state.size(), MSG_NOSIGNAL,
                                reinterpret_cast<const ::sockaddr*>(&address), size);
  const int error_number = errno;
  ::close(descriptor);
  if (sent != static_cast<ssize_t>(state.size())) {
    return invalid_input("NOTIFY_SOCKET: " + system_error_text(error_number));
  }
  return {};
}

void notify_systemd(const std::string& state) {
  if (const auto notified = sd_notify(state); !notified) {
    log::warning("sd_notify_failed", {{"detail", notified.error().detail}});
  }
}

void notify_reloading() {
  std::timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  notify_systemd("RELOADING=1\nMONOTONIC_USEC=" +
                 std::to_string(static_cast<long long>(now.tv_sec) * 1000000 + now.tv_nsec / 1000));
}

}  // namespace certbound::app
