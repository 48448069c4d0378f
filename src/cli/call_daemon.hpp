#pragma once

#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "cli/verb.hpp"

namespace certbound::cli {

/// Has the daemon of the configuration do `command` (control::call). Where it is done, `result` has what it says. The
/// exit status: done; answer_is_no where the daemon refuses; could_not_run where none runs, or it could not. What is
/// wrong was printed. A configuration that is not valid just now is no hindrance as long as it says where the daemon's
/// state directory is: the daemon may run with an earlier one.
[[nodiscard]] ExitStatus call_daemon(const Arguments& arguments, std::string_view command, const nlohmann::json& given,
                                     nlohmann::json& result);

}  // namespace certbound::cli
