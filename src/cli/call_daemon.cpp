#include "cli/call_daemon.hpp"

#include <nlohmann/json.hpp>

#include "app/report.hpp"
#include "base/json.hpp"
#include "cli/output.hpp"
#include "config/load.hpp"
#include "control/client.hpp"

namespace certbound::cli {

ExitStatus call_daemon(const Arguments& arguments, std::string_view command, const nlohmann::json& given,
                       nlohmann::json& result) {
  const std::filesystem::path file = configuration_path(arguments);
  const config::Loaded loaded = config::load(file);
  if (!loaded.config && !loaded.draft.find_place("state_dir")) {
    app::report_problems(loaded.problems);
    return status_of_invalid(file);
  }
  const config::Config& config = loaded.config ? *loaded.config : loaded.draft;
  const auto reply = control::call(config.state_dir, command, given);
  if (!reply) return fail(ExitStatus::could_not_run, reply.error());
  if (!reply->is_done) {
    const bool is_refused = reply->code == "invalid_request";
    return fail(is_refused ? ExitStatus::answer_is_no : ExitStatus::could_not_run, reply->message);
  }
  auto parsed = parse_json(reply->result, {.max_bytes = 16UL << 20, .max_depth = 16});
  if (!parsed) return fail(ExitStatus::could_not_run, parsed.error());
  result = *std::move(parsed);
  return ExitStatus::done;
}

}  // namespace certbound::cli
