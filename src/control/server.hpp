#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "base/file_descriptor.hpp"
#include "base/result.hpp"
#include "control/peer.hpp"

namespace certbound::control {

struct ServerLimits {
  std::size_t request_bytes = 64UL * 1024;   ///< the longest request line
  std::size_t connections = 16;              ///< served at a time; others wait to be accepted
  std::chrono::milliseconds patience{5000};  ///< to send a whole request, and again to take the whole answer
};

/// The socket by which verbs of the command line talk to this daemon: one request line for each connection, one answer
/// line, and it is closed. A thread of its own reads and writes, so that a slow or hostile peer holds up nobody but
/// itself; only whole requests of permitted peers reach the thread that answers.
class Server {
 public:
  /// Has an action done on the thread that answers, soon; does not wait. Whatever is not done any more when that thread
  /// ends may be dropped.
  using Post = std::function<void(std::function<void()>)>;
  /// The answer to a request line of that peer, both without a line feed; called on that thread.
  using Answer = std::function<std::string(std::string_view line, const Peer& peer)>;

  /// As open_control_socket(): the caller holds the lock of the state directory for as long as the server lives.
  /// `answer` outlives the thread that answers. Errors: as there, and `server_error`.
  [[nodiscard]] static Result<std::unique_ptr<Server>> start(std::filesystem::path state_dir, Post post, Answer answer,
                                                             ServerLimits limits = ServerLimits{});
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  /// Ends every connection and removes the socket.
  ~Server();

 private:
  struct Mailbox;
  class Loop;
  explicit Server(std::filesystem::path state_dir) : state_dir_{std::move(state_dir)} {}

  std::filesystem::path state_dir_;
  std::shared_ptr<Mailbox> mailbox_;
  std::thread thread_;
};

}  // namespace certbound::control
