#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "base/result.hpp"

namespace certbound::control {

/// What the daemon said.
struct Reply {
  bool is_done = false;
  std::string result;   ///< a JSON object, where it is done
  std::string code;     ///< else why not: `invalid_request` where the command asked for what cannot be, …
  std::string message;  ///< for people
};

/// Has the daemon of a state directory do `verb` and waits for its answer, at most `timeout` in all. Errors:
/// `invalid_request` where no daemon runs there, it did not answer in time, or what it said is no answer; whether the
/// command was done is then unknown once the request was sent, and `detail` says so.
[[nodiscard]] Result<Reply> call(const std::filesystem::path& state_dir, std::string_view verb,
                                 const nlohmann::json& arguments,
                                 std::chrono::milliseconds timeout = std::chrono::seconds{60});

}  // namespace certbound::control
