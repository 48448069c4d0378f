#include <algorithm>

#include <nlohmann/json.hpp>

#include "app/ending.hpp"
#include "app/generation.hpp"
#include "app/report.hpp"
#include "cli/output.hpp"
#include "cli/verb.hpp"
#include "store/open.hpp"
#include "x509/validity.hpp"

namespace certbound::cli {

namespace {

/// Clients that are named.
constexpr std::size_t kMostEnding = 1000;

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

/// The clients' certificates that end soon, where the server has run and its registry can be read.
void warn_of_seen(app::Checked& checked, WallTime now) {
  const std::filesystem::path& state_dir = checked.config->state_dir;
  std::error_code error;
  if (!std::filesystem::exists(state_dir / store::kDatabaseName, error)) return;
  const auto add = [&](std::string message) {
    config::Problem problem;
    problem.file = (state_dir / store::kDatabaseName).string();
    problem.severity = config::Severity::warning;
    problem.message = std::move(message);
    checked.problems.push_back(std::move(problem));
  };
  const auto opened = store::open_store_read_only(state_dir);
  if (!opened) return add("the clients' certificates are not looked at: " + opened.error().detail);
  const auto ending = (*opened)->seen_certificates().list_ending(now + x509::kExpiryWarning, kMostEnding);
  if (!ending) return add("the clients' certificates are not looked at: " + ending.error().detail);
  for (const store::SeenCertificate& seen : *ending) add(app::describe_ending(seen, now));
}

void warn_of_plain_keys(app::Checked& checked) {
  if (checked.materials->key_encryption_key) return;
  config::Problem problem;
  problem.key = "signing.key_encryption_key";
  problem.severity = config::Severity::warning;
  problem.message =
      "not set, so the private keys in state_dir lie there unencrypted; make a key by openssl rand -hex 32, and name "
      "its file";
  problem.file = checked.config->files.front();
  for (const char* key : {"signing", "state_dir"}) {
    const auto place = checked.config->find_place(key);
    if (!place || problem.line != 0) continue;
    problem.line = place->line;
    problem.column = place->column;
  }
  checked.problems.push_back(std::move(problem));
}

/// What this verb cannot judge.
void print_fetched(const app::Checked& checked) {
  for (const app::CrlUrl& url : checked.materials->crl_urls) {
    print("trust_stores." + url.id.owner + ".revocation." + url.key + ": " + app::shown_url(url.id.url) +
          ": not looked at; the running server fetches it\n");
  }
  const auto count = std::count_if(checked.config->clients.begin(), checked.config->clients.end(),
                                   [](const model::Client& client) { return !client.jwks_uri.empty(); });
  if (count > 0)
    print("jwks_uri of " + std::to_string(count) + " clients: not looked at; the running server fetches them\n");
}

ExitStatus run_check(const Arguments& arguments) {
  const std::filesystem::path file = configuration_path(arguments);
  app::Checked checked = app::check_configuration(file, wall_now());
  if (checked.is_valid()) warn_of_plain_keys(checked);
  if (checked.is_valid()) warn_of_seen(checked, wall_now());
  if (arguments.has("--json")) {
    nlohmann::ordered_json json;
    json["valid"] = checked.is_valid();
    json["problems"] = nlohmann::ordered_json::array();
    for (const config::Problem& problem : checked.problems) json["problems"].push_back(problem_json(problem));
    json["fetched"] = nlohmann::ordered_json::array();
    if (checked.is_valid()) {
      for (const app::CrlUrl& url : checked.materials->crl_urls) json["fetched"].push_back(url.id.url);
      for (const model::Client& client : checked.config->clients) {
        if (!client.jwks_uri.empty()) json["fetched"].push_back(client.jwks_uri);
      }
    }
    print_json(json);
  } else {
    app::report_problems(checked.problems);
    if (checked.is_valid()) print_fetched(checked);
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
