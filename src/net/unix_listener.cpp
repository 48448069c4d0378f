#include "net/unix_listener.hpp"

#include <cerrno>
#include <cstring>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/file.hpp"
#include "base/log.hpp"

namespace certbound::net {

namespace {

constexpr int kBacklog = 4096;

const ::sockaddr* generic(const ::sockaddr_un& address) {
  return reinterpret_cast<const ::sockaddr*>(&address);  // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast)
}

ListeningSocket make_socket(const std::string& name) {
  return {::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), name};
}

bool is_answered(const ::sockaddr_un& address) {
  ListeningSocket probe = make_socket("");
  const int descriptor = probe.take_descriptor();
  const bool is_connected = ::connect(descriptor, generic(address), sizeof address) == 0;
  // EAGAIN: somebody listens, and his queue is full.
  const bool is_somebody = is_connected || errno == EAGAIN || errno == EACCES;
  ::close(descriptor);
  return is_somebody;
}

Result<void> remove_stale(const std::filesystem::path& path, const ::sockaddr_un& address) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    return errno == ENOENT ? Result<void>{} : invalid_input(path.string() + ": " + system_error_text(errno));
  }
  if (!S_ISSOCK(status.st_mode)) return invalid_input(path.string() + ": not a socket; move it away");
  if (is_answered(address)) return invalid_input(path.string() + ": cannot listen: somebody does already");
  if (::unlink(path.c_str()) == 0) return {};
  return invalid_input(path.string() + ": cannot remove what an earlier run left: " + system_error_text(errno));
}

}  // namespace

Result<ListeningSocket> bind_unix_listener(const std::filesystem::path& path, unsigned mode) {
  const std::string name = std::string{kUnixPrefix} + path.string();
  ::sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.native().size() >= sizeof address.sun_path) return invalid_input(name + ": the path is too long");
  std::memcpy(static_cast<char*>(address.sun_path), path.c_str(), path.native().size() + 1);
  if (auto removed = remove_stale(path, address); !removed) return std::move(removed).error();
  ListeningSocket socket = make_socket(name);
  const int descriptor = socket.take_descriptor();
  if (descriptor < 0) return invalid_input("socket: " + system_error_text(errno));
  socket = ListeningSocket{descriptor, name};
  const ::mode_t before = ::umask(0777U & ~static_cast<::mode_t>(mode));
  const int bound = ::bind(descriptor, generic(address), sizeof address);
  const int error_number = errno;
  ::umask(before);
  if (bound != 0) return invalid_input(name + ": cannot listen: " + system_error_text(error_number));
  if (::listen(descriptor, kBacklog) != 0) return invalid_input(name + ": cannot listen: " + system_error_text(errno));
  return socket;
}

void remove_unix_listener(const std::filesystem::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return;
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return;
  log::warning("socket_not_removed", {{"name", path.string()}, {"detail", system_error_text(errno)}});
}

}  // namespace certbound::net
