#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "base/result.hpp"
#include "control/peer.hpp"

namespace certbound::control {

/// The commands that a running daemon takes over its socket, by verb: `keys.rotate`, `deny.add`. One thread only: the
/// one on which they are to run.
class Commands {
 public:
  /// Does the command and says what became of it: a JSON object, shown to the operator. `arguments` is a JSON object;
  /// what is in it was checked for nothing yet. Errors reach the operator with their `detail`, which therefore holds
  /// nothing secret; `invalid_request` where the command asks for what cannot be.
  using Handler = std::function<Result<nlohmann::json>(const nlohmann::json& arguments)>;

  void add(std::string verb, Handler handler);

  /// The same for a command that has to know who asks.
  using PeerHandler = std::function<Result<nlohmann::json>(const nlohmann::json& arguments, const Peer& peer)>;
  void add(std::string verb, PeerHandler handler);

  /// The answer to one line of `peer`: `{"ok":true,"result":{…}}` or `{"ok":false,"error":{"code":"…","message":"…"}}`,
  /// without a line feed. Whatever the line holds, and whatever a handler throws, there is an answer. The outcome is
  /// logged with the verb, never with the arguments.
  [[nodiscard]] std::string answer(std::string_view line, const Peer& peer) const;

 private:
  [[nodiscard]] Result<nlohmann::json> run(const std::string& verb, const nlohmann::json& arguments,
                                           const Peer& peer) const;

  std::map<std::string, PeerHandler, std::less<>> handlers_;
};

/// One request: the line that answer() takes, without a line feed.
[[nodiscard]] std::string render_request(std::string_view verb, const nlohmann::json& arguments);

/// The answer that says `error`.
[[nodiscard]] std::string render_refusal(const Error& error);

}  // namespace certbound::control
