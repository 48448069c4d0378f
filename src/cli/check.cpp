#include <nlohmann/json.hpp>

#include "app/generation.hpp"
#include "app/report.hpp"
#include "cli/output.hpp"
#include "cli/verb.hpp"

namespace certbound::cli {

namespace {

constexpr ArgumentSpec kCheckArguments[] = {kConfigArgument, kJsonArgument};

nlohmann::ordered_json problem_json(const config::Problem& problem) {
  nlohmann::ordered_json json;
  json["severity"] = problem.severity == config::Severity::error ? "error" : "warning";
  json["file"] = problem.file;
  json["line"] = problem.line;
  json["column"] = problem.column;
  json["key"] = problem.key;
  json["message"] = problem.message;
  return json;
}

ExitStatus run_check(const Arguments& arguments) {
  const std::filesystem::path file = configuration_path(arguments);
  const app::Checked checked = app::check_configuration(file, wall_now());
  if (arguments.has("--json")) {
    nlohmann::ordered_json json;
    json["valid"] = checked.is_valid();
    json["problems"] = nlohmann::ordered_json::array();
    for (const config::Problem& problem : checked.problems) json["problems"].push_back(problem_json(problem));
    print_json(json);
  } else {
    app::report_problems(checked.problems);
    if (checked.is_valid()) {
      print(file.string() + ": valid: " + std::to_string(checked.config->clients.size()) + " clients, " +
            std::to_string(checked.config->trust_stores.size()) + " trust stores\n");
    }
  }
  return checked.is_valid() ? ExitStatus::done : status_of_invalid(file);
}

}  // namespace

const Verb kCheck{
    {}, "check", "validate the configuration and every file that it names; start nothing", kCheckArguments, &run_check};

}  // namespace certbound::cli
