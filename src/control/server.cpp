#include "control/server.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <mutex>
#include <optional>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "base/file.hpp"
#include "base/log.hpp"
#include "control/commands.hpp"
#include "control/socket.hpp"

namespace certbound::control {

namespace {

using Time = std::chrono::steady_clock::time_point;

/// Where a connection is: it sends, others work for it, it takes the answer.
enum class Stage : std::uint8_t { reading, waiting, writing, over };

struct Connection {
  Connection(FileDescriptor descriptor, std::uint64_t number, Time end)
      : socket{std::move(descriptor)}, id{number}, deadline{end} {}

  FileDescriptor socket;
  std::uint64_t id;
  Time deadline;  // none while it waits: the time is ours then
  Peer peer;      // what is read from it comes from there
  Stage stage = Stage::reading;
  std::string text;  // what came, then what is still to be sent
};

short events_of(const Connection& connection) {
  if (connection.stage == Stage::reading) return POLLIN;
  return connection.stage == Stage::writing ? POLLOUT : 0;
}

void begin_answer(Connection& connection, std::string answer, Time deadline) {
  connection.text = std::move(answer);
  connection.text.push_back('\n');
  connection.stage = Stage::writing;
  connection.deadline = deadline;
}

void write_some(Connection& connection) {
  const ssize_t count = ::send(connection.socket.value(), connection.text.data(), connection.text.size(), MSG_NOSIGNAL);
  if (count < 0) {
    if (errno != EAGAIN && errno != EINTR) connection.stage = Stage::over;
    return;
  }
  connection.text.erase(0, static_cast<std::size_t>(count));
  if (connection.text.empty()) connection.stage = Stage::over;
}

}  // namespace

/// How answers come back: shared with the actions that were posted, which may outlive the server.
struct Server::Mailbox {
  std::mutex mutex;  // guards answers and is_stopping
  std::vector<std::pair<std::uint64_t, std::string>> answers;
  bool is_stopping = false;
  FileDescriptor wake;

  void ring() const {
    const std::uint64_t one = 1;
    // It fails only where the counter is at its end, and then the loop is awake.
    (void)!::write(wake.value(), &one, sizeof one);
  }
  void put(std::uint64_t id, std::string answer) {
    {
      const std::lock_guard lock{mutex};
      answers.emplace_back(id, std::move(answer));
    }
    ring();
  }
  void stop() {
    {
      const std::lock_guard lock{mutex};
      is_stopping = true;
    }
    ring();
  }
};

/// What the server's thread does.
class Server::Loop {
 public:
  Loop(FileDescriptor listener, std::shared_ptr<Mailbox> mailbox, Post post, Answer answer, ServerLimits limits)
      : listener_{std::move(listener)},
        mailbox_{std::move(mailbox)},
        post_{std::move(post)},
        answer_{std::make_shared<const Answer>(std::move(answer))},
        limits_{limits} {}

  void run() {
    while (take_answers()) {
      wait();
      const Time now = std::chrono::steady_clock::now();
      std::erase_if(connections_, [now](const Connection& connection) {
        return connection.stage == Stage::over || (connection.stage != Stage::waiting && connection.deadline <= now);
      });
    }
  }

 private:
  [[nodiscard]] Time deadline() const { return std::chrono::steady_clock::now() + limits_.patience; }

  /// False where the server ends.
  bool take_answers() {
    std::vector<std::pair<std::uint64_t, std::string>> answers;
    {
      const std::lock_guard lock{mailbox_->mutex};
      if (mailbox_->is_stopping) return false;
      answers.swap(mailbox_->answers);
    }
    for (auto& [id, answer] : answers) {
      const auto found = std::find_if(connections_.begin(), connections_.end(),
                                      [number = id](const Connection& connection) { return connection.id == number; });
      // Who has gone meanwhile hears nothing; what was asked for is done all the same.
      if (found != connections_.end()) begin_answer(*found, std::move(answer), deadline());
    }
    return true;
  }

  [[nodiscard]] int longest_wait() const {
    std::optional<Time> first;
    for (const Connection& connection : connections_) {
      if (connection.stage != Stage::waiting && (!first || connection.deadline < *first)) first = connection.deadline;
    }
    if (!first) return -1;
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(*first - std::chrono::steady_clock::now()).count();
    return static_cast<int>(std::max<long long>(left + 1, 0));
  }

  void wait() {
    const bool has_room = connections_.size() < limits_.connections;
    std::vector<::pollfd> entries{{mailbox_->wake.value(), POLLIN, 0}};
    for (const Connection& connection : connections_) {
      entries.push_back({connection.socket.value(), events_of(connection), 0});
    }
    if (has_room) entries.push_back({listener_.value(), POLLIN, 0});
    if (::poll(entries.data(), entries.size(), longest_wait()) <= 0) return;
    std::uint64_t count = 0;
    if (entries.front().revents != 0) (void)!::read(mailbox_->wake.value(), &count, sizeof count);
    const std::size_t served = connections_.size();
    for (std::size_t i = 0; i < served; ++i) {
      if (entries[i + 1].revents != 0) serve(connections_[i]);
    }
    if (has_room && entries.back().revents != 0) accept_one();
  }

  void serve(Connection& connection) {
    switch (connection.stage) {
      case Stage::reading:
        read_some(connection);
        return;
      case Stage::writing:
        write_some(connection);
        return;
      case Stage::waiting:  // nothing is asked of the kernel but the peer's end
      case Stage::over:
        connection.stage = Stage::over;
        return;
    }
  }

  void accept_one() {
    FileDescriptor socket{::accept4(listener_.value(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
    if (socket.value() < 0) {
      // Out of descriptors, the peer would be offered again at once: a pause in place of a loop that burns a CPU.
      const bool is_lack = errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS;
      if (!is_lack) return;
      log::error("control_not_accepted", {{"detail", system_error_text(errno)}});
      ::pollfd wake{mailbox_->wake.value(), POLLIN, 0};
      (void)::poll(&wake, 1, 100);
      return;
    }
    const auto peer = find_peer(socket.value());
    Connection& connection = connections_.emplace_back(std::move(socket), ++last_id_, deadline());
    if (peer && is_permitted_peer(peer->user, ::geteuid())) {
      connection.peer = *peer;
      return;
    }
    const std::string who = peer ? "user " + std::to_string(peer->user) : peer.error().detail;
    log::warning("control_peer_refused", {{"detail", who}});
    begin_answer(connection, render_refusal(invalid_input("this user may not command the server")), deadline());
  }

  void read_some(Connection& connection) {
    std::array<char, 4096> buffer{};
    const ssize_t count = ::recv(connection.socket.value(), buffer.data(), buffer.size(), 0);
    if (count < 0) {
      if (errno != EAGAIN && errno != EINTR) connection.stage = Stage::over;
      return;
    }
    if (count == 0) {
      if (connection.text.empty()) {
        connection.stage = Stage::over;
      } else {
        refuse(connection, "the request ends without a line feed");
      }
      return;
    }
    connection.text.append(buffer.data(), static_cast<std::size_t>(count));
    take_line(connection);
  }

  void take_line(Connection& connection) {
    const std::size_t end = connection.text.find('\n');
    if (std::min(end, connection.text.size()) > limits_.request_bytes) {
      refuse(connection, "the request is longer than " + std::to_string(limits_.request_bytes) + " octets");
    } else if (end == std::string::npos) {
      return;
    } else if (end + 1 != connection.text.size()) {
      refuse(connection, "something follows the request; each connection takes one");
    } else {
      connection.text.pop_back();
      connection.stage = Stage::waiting;
      post_([mailbox = mailbox_, answer = answer_, id = connection.id, peer = connection.peer,
             line = std::move(connection.text)] { mailbox->put(id, (*answer)(line, peer)); });
      connection.text.clear();
    }
  }

  void refuse(Connection& connection, std::string why) {
    begin_answer(connection, render_refusal(invalid_input(std::move(why))), deadline());
  }

  FileDescriptor listener_;
  std::shared_ptr<Mailbox> mailbox_;
  Post post_;
  std::shared_ptr<const Answer> answer_;
  ServerLimits limits_;
  std::vector<Connection> connections_;
  std::uint64_t last_id_ = 0;
};

Result<std::unique_ptr<Server>> Server::start(std::filesystem::path state_dir, Post post, Answer answer,
                                              ServerLimits limits) {
  auto mailbox = std::make_shared<Mailbox>();
  mailbox->wake = FileDescriptor{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
  if (mailbox->wake.value() < 0) return internal_error("eventfd: " + system_error_text(errno));
  auto listener = open_control_socket(state_dir);
  if (!listener) return std::move(listener).error();
  std::unique_ptr<Server> server{new Server{std::move(state_dir)}};
  server->mailbox_ = mailbox;
  auto loop =
      std::make_shared<Loop>(*std::move(listener), std::move(mailbox), std::move(post), std::move(answer), limits);
  server->thread_ = std::thread{[loop] { loop->run(); }};
  return server;
}

Server::~Server() {
  remove_control_socket(state_dir_);
  if (mailbox_) mailbox_->stop();
  if (thread_.joinable()) thread_.join();
}

}  // namespace certbound::control
