#include <nlohmann/json.hpp>

#include "cli/client_json.hpp"
#include "cli/fetched.hpp"
#include "cli/output.hpp"
#include "cli/registry.hpp"

namespace certbound::cli {

namespace {

constexpr ArgumentSpec kClientShowArguments[] = {
    {"ID", ArgumentKind::positional, "client_id", true},
    kConfigArgument,
    kJsonArgument,
};

void print_client(const nlohmann::ordered_json& json) {
  for (const auto& [name, value] : json.items()) {
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    print(name + ": " + printable(text) + "\n");
  }
}

ExitStatus run_client_show(const Arguments& arguments) {
  const auto id = model::ClientId::parse(arguments.value("ID"));
  if (!id) return fail(ExitStatus::wrong_usage, "\"" + arguments.value("ID") + "\" is not a client_id");
  const OpenedRegistry opened = open_registry(arguments);
  if (!opened.registry) return opened.status;
  const auto client = opened.registry->find_client(*id);
  if (!client) return fail(ExitStatus::could_not_run, client.error());
  if (!*client) return fail(ExitStatus::answer_is_no, "no client \"" + id->text() + "\" is registered");
  const auto seen = opened.registry->find_seen(*id);
  if (!seen) return fail(ExitStatus::could_not_run, seen.error());
  nlohmann::ordered_json json = client_json(**client);
  const model::Client& found = **client;
  if (!found.jwks_uri.empty()) {
    json["jwks"] = fetched_json(load_fetched(opened.registry->config.state_dir, found), wall_now());
  }
  if (*seen) json["last_seen_certificate"] = seen_json(**seen);
  if (arguments.has("--json")) {
    print_json(json);
  } else {
    print_client(json);
  }
  return ExitStatus::done;
}

}  // namespace

const Verb kClientShow{"client", "show", "one registered client, and where it came from", kClientShowArguments,
                       &run_client_show};

}  // namespace certbound::cli
