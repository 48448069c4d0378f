#include "control/socket.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/file.hpp"
#include "base/log.hpp"

namespace certbound::control {

namespace {

constexpr int kBacklog = 16;

Error socket_error(const std::filesystem::path& path, std::string_view what, int error_number) {
  return invalid_input(path.string() + ": " + std::string{what} + ": " + system_error_text(error_number));
}

/// An address has 107 characters and a path may have more: then it goes through the directory's descriptor.
struct Address {
  ::sockaddr_un name{};
  FileDescriptor directory;
  [[nodiscard]] const ::sockaddr* get() const {
    return reinterpret_cast<const ::sockaddr*>(&name);  // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast)
  }
};

Result<Address> make_address(const std::filesystem::path& state_dir) {
  Address address;
  address.name.sun_family = AF_UNIX;
  std::string path = (state_dir / kSocketName).string();
  if (path.size() >= sizeof address.name.sun_path) {
    address.directory = FileDescriptor{::open(state_dir.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (address.directory.value() < 0) return socket_error(state_dir, "cannot open", errno);
    path = "/proc/self/fd/" + std::to_string(address.directory.value()) + "/" + kSocketName;
  }
  std::memcpy(static_cast<char*>(address.name.sun_path), path.c_str(), path.size() + 1);
  return address;
}

Result<void> remove_stale(const std::filesystem::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return {};
    return socket_error(path, "cannot look at it", errno);
  }
  if (!S_ISSOCK(status.st_mode)) return invalid_input(path.string() + ": not a socket; move it away");
  if (::unlink(path.c_str()) != 0) return socket_error(path, "cannot remove the socket of an earlier run", errno);
  return {};
}

Error no_daemon(const std::filesystem::path& path, int error_number) {
  switch (error_number) {
    case ENOENT:
    case ECONNREFUSED:
      return invalid_input(path.string() + ": no server runs there; start certbound serve, or name its configuration");
    case EACCES:
    case EPERM:
      return invalid_input(path.string() + ": this user may not command the server; ask as its user or as root");
    case EAGAIN:
      return invalid_input(path.string() + ": the server is too busy with others to answer; ask again");
    default:
      return socket_error(path, "cannot connect", error_number);
  }
}

void set_timeout(int descriptor, int option, std::chrono::milliseconds timeout) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(timeout);
  ::timeval value{};
  value.tv_sec = seconds.count();
  value.tv_usec = std::chrono::microseconds{timeout - seconds}.count();
  // It fails for a descriptor that is no socket, and this is one.
  (void)::setsockopt(descriptor, SOL_SOCKET, option, &value, sizeof value);
}

}  // namespace

Result<FileDescriptor> open_control_socket(const std::filesystem::path& state_dir) {
  const std::filesystem::path path = state_dir / kSocketName;
  if (auto removed = remove_stale(path); !removed) return std::move(removed).error();
  auto address = make_address(state_dir);
  if (!address) return std::move(address).error();
  FileDescriptor socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (socket.value() < 0) return socket_error(path, "cannot make a socket", errno);
  const mode_t before = ::umask(0177);
  const int bound = ::bind(socket.value(), address->get(), sizeof address->name);
  const int error_number = errno;
  ::umask(before);
  if (bound != 0) return socket_error(path, "cannot bind", error_number);
  if (::listen(socket.value(), kBacklog) != 0) return socket_error(path, "cannot listen", errno);
  return socket;
}

void remove_control_socket(const std::filesystem::path& state_dir) {
  const std::filesystem::path path = state_dir / kSocketName;
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return;
  log::warning("control_socket_stays", {{"name", path.string()}, {"detail", system_error_text(errno)}});
}

Result<FileDescriptor> connect_control_socket(const std::filesystem::path& state_dir,
                                              std::chrono::milliseconds timeout) {
  const std::filesystem::path path = state_dir / kSocketName;
  auto address = make_address(state_dir);
  if (!address) return std::move(address).error();
  FileDescriptor socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  if (socket.value() < 0) return socket_error(path, "cannot make a socket", errno);
  set_timeout(socket.value(), SO_SNDTIMEO, timeout);
  set_timeout(socket.value(), SO_RCVTIMEO, timeout);
  if (::connect(socket.value(), address->get(), sizeof address->name) != 0) return no_daemon(path, errno);
  return socket;
}

Result<Peer> find_peer(int descriptor) {
  ::ucred credentials{};
  ::socklen_t size = sizeof credentials;
  if (::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
    return internal_error("SO_PEERCRED: " + system_error_text(errno));
  }
  return Peer{credentials.uid, credentials.pid};
}

}  // namespace certbound::control
