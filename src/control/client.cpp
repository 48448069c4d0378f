#include "control/client.hpp"

#include <array>
#include <cerrno>
#include <poll.h>
#include <sys/socket.h>

#include <nlohmann/json.hpp>

#include "base/file.hpp"
#include "base/json.hpp"
#include "control/commands.hpp"
#include "control/socket.hpp"

namespace certbound::control {

namespace {

constexpr std::size_t kMostAnswer = 16UL << 20;

using Time = std::chrono::steady_clock::time_point;

Error lost(std::string_view why) {
  return invalid_input("the server did not answer: " + std::string{why} +
                       "; it may have done what it was asked for all the same: look before asking again");
}

/// What cannot be sent is told by the answer, or by its absence: a server that refuses does not read to the end.
void send_all(int socket, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::send(socket, text.data(), text.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

Result<void> wait_readable(int socket, Time deadline) {
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    ::pollfd entry{socket, POLLIN, 0};
    const int count = left.count() <= 0 ? 0 : ::poll(&entry, 1, static_cast<int>(left.count()));
    if (count > 0) return {};
    if (count == 0) return lost("the time for it is over");
    if (errno != EINTR) return lost(system_error_text(errno));
  }
}

Result<std::string> receive_line(int socket, Time deadline) {
  std::string line;
  while (!line.ends_with('\n')) {
    if (auto waited = wait_readable(socket, deadline); !waited) return std::move(waited).error();
    std::array<char, 4096> buffer{};
    const ssize_t count = ::recv(socket, buffer.data(), buffer.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return lost(system_error_text(errno));
    if (count == 0) return lost("it closed the connection");
    line.append(buffer.data(), static_cast<std::size_t>(count));
    if (line.size() > kMostAnswer) return lost("its answer has no end");
  }
  line.pop_back();
  return line;
}

Result<Reply> parse_answer(std::string_view line) {
  const auto answer = parse_json(line, {.max_bytes = kMostAnswer, .max_depth = 16});
  if (!answer || !answer->is_object() || !answer->contains("ok") || !(*answer)["ok"].is_boolean()) {
    return lost("what it said is no answer");
  }
  Reply reply;
  reply.is_done = (*answer)["ok"].get<bool>();
  if (reply.is_done) {
    if (!answer->contains("result")) return lost("what it said is no answer");
    reply.result = dump_json((*answer)["result"]);
    return reply;
  }
  if (!answer->contains("error") || !(*answer)["error"].is_object()) return lost("what it said is no answer");
  reply.code = string_member((*answer)["error"], "code");
  reply.message = string_member((*answer)["error"], "message");
  return reply;
}

}  // namespace

Result<Reply> call(const std::filesystem::path& state_dir, std::string_view verb, const nlohmann::json& arguments,
                   std::chrono::milliseconds timeout) {
  const Time deadline = std::chrono::steady_clock::now() + timeout;
  const auto socket = connect_control_socket(state_dir, timeout);
  if (!socket) return socket.error();
  send_all(socket->value(), render_request(verb, arguments) + "\n");
  const auto line = receive_line(socket->value(), deadline);
  if (!line) return line.error();
  return parse_answer(*line);
}

}  // namespace certbound::control
