#include <algorithm>
#include <functional>

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

using AddWarning = std::function<void(std::string message)>;

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

/// The clients' certificates that end soon.
void warn_of_seen(store::ReadOnlyStore& store, WallTime now, const AddWarning& add) {
  const auto ending = store.seen_certificates().list_ending(now + x509::kExpiryWarning, kMostEnding);
  if (!ending) return add("the clients' certificates are not looked at: " + ending.error().detail);
  for (const store::SeenCertificate& seen : *ending) add(app::describe_ending(seen, now));
}

/// A key of whose secret half nothing is stored cannot be encrypted.
bool has_plain_secret(const model::KeyRecord& key) {
  const bool has_secret = key.is_sealing() || key.state != model::KeyState::retired;
  return has_secret && !key.is_encrypted;
}

/// Whether they are encrypted as the configuration says.
void warn_of_stored_keys(store::ReadOnlyStore& store, const app::Materials& materials, const AddWarning& add) {
  const auto keys = store.keys().list_keys();
  if (!keys) return add("the keys are not looked at: " + keys.error().detail);
  const auto plain = std::count_if(keys->begin(), keys->end(), &has_plain_secret);
  const auto encrypted =
      std::count_if(keys->begin(), keys->end(), [](const model::KeyRecord& key) { return key.is_encrypted; });
  if (materials.key_encryption_key && plain > 0) {
    add(std::to_string(plain) + " private keys lie there unencrypted; the next start of the server encrypts them");
  }
  if (!materials.key_encryption_key && encrypted > 0) {
    add(std::to_string(encrypted) +
        " private keys there are encrypted, and signing.key_encryption_key is not set: the " +
        "server will not start without the key with which they were");
  }
}

/// What the registry says, where the server has run and it can be read.
void warn_of_registry(app::Checked& checked, WallTime now) {
  const std::filesystem::path& state_dir = checked.config->state_dir;
  std::error_code error;
  if (!std::filesystem::exists(state_dir / store::kDatabaseName, error)) return;
  const AddWarning add = [&](std::string message) {
    config::Problem problem;
    problem.file = (state_dir / store::kDatabaseName).string();
    problem.severity = config::Severity::warning;
    problem.message = std::move(message);
    checked.problems.push_back(std::move(problem));
  };
  const auto opened = store::open_store_read_only(state_dir);
  if (!opened) return add("the clients' certificates and the keys are not looked at: " + opened.error().detail);
  warn_of_seen(**opened, now, add);
  warn_of_stored_keys(**opened, *checked.materials, add);
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
  if (checked.is_valid()) warn_of_registry(checked, wall_now());
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
