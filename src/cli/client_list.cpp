#include <chrono>

#include <nlohmann/json.hpp>

#include "app/ending.hpp"
#include "base/text.hpp"
#include "cli/client_json.hpp"
#include "cli/output.hpp"
#include "cli/registry.hpp"
#include "config/scalar.hpp"

namespace certbound::cli {

namespace {

constexpr ArgumentSpec kClientListArguments[] = {
    {"--expiring", ArgumentKind::value,
     "only clients whose last seen certificate has ended or ends within this time (30d), the first to end first",
     false},
    {"--method", ArgumentKind::value,
     "only clients that authenticate by this token_endpoint_auth_method: client_secret_basic shows who still has to "
     "move",
     false},
    kConfigArgument,
    kJsonArgument,
};

ExitStatus list_expiring(const Registry& registry, const Arguments& arguments) {
  const auto seconds = config::parse_duration(arguments.value("--expiring"));
  if (!seconds) {
    return fail(ExitStatus::wrong_usage,
                "--expiring: \"" + arguments.value("--expiring") + "\" is not a duration; write for example 30d");
  }
  const WallTime now = wall_now();
  const auto ending = registry.list_ending(now + std::chrono::seconds{*seconds});
  if (!ending) return fail(ExitStatus::could_not_run, ending.error());
  nlohmann::ordered_json json;
  json["clients"] = nlohmann::ordered_json::array();
  for (const store::SeenCertificate& seen : *ending) {
    if (!arguments.has("--json")) print(printable(app::describe_ending(seen, now)) + "\n");
    json["clients"].push_back({{"client_id", seen.client_id}, {"last_seen_certificate", seen_json(seen)}});
  }
  if (arguments.has("--json")) print_json(json);
  return ExitStatus::done;
}

void print_clients(const Registry& registry, const std::vector<model::Client>& clients,
                   const std::optional<store::RegistryGeneration>& generation) {
  for (const model::Client& client : clients) {
    print(printable(client.client_id.text()) + "\t" + std::string{name(client.token_endpoint_auth_method)} + "\t" +
          printable(describe_credential(client)) + "\t" + printable(client.origin.place) + "\n");
  }
  if (!registry.is_live()) print("(from the configuration: the server has not run yet)\n");
  if (generation) {
    print("(generation " + std::to_string(generation->number) + ", since " + to_rfc3339(generation->since) + ")\n");
  }
}

void print_clients_json(const Registry& registry, const std::vector<model::Client>& clients,
                        const std::optional<store::RegistryGeneration>& generation) {
  nlohmann::ordered_json json;
  json["registry"] = registry.is_live() ? "store" : "configuration";
  if (generation) {
    json["generation"] = generation->number;
    json["since"] = to_rfc3339(generation->since);
  }
  json["clients"] = nlohmann::ordered_json::array();
  for (const model::Client& client : clients) json["clients"].push_back(client_json(client));
  print_json(json);
}

/// Nothing where no method was named. Errors: `invalid_request`, with those that there are.
Result<std::optional<model::AuthMethod>> read_method(const Arguments& arguments) {
  if (!arguments.has("--method")) return std::optional<model::AuthMethod>{};
  const auto method = model::parse_auth_method(arguments.value("--method"));
  if (method) return std::optional{*method};
  std::vector<std::string> known;
  for (const model::AuthMethod one : model::kAuthMethods) known.emplace_back(name(one));
  return invalid_input("--method: \"" + printable(arguments.value("--method")) + "\" is none; there are " +
                       join(known, ", "));
}

ExitStatus run_client_list(const Arguments& arguments) {
  const auto method = read_method(arguments);
  if (!method) return fail(ExitStatus::wrong_usage, method.error());
  if (*method && arguments.has("--expiring")) {
    return fail(ExitStatus::wrong_usage, "--method and --expiring are two questions; ask one at a time");
  }
  const OpenedRegistry opened = open_registry(arguments);
  if (!opened.registry) return opened.status;
  if (arguments.has("--expiring")) return list_expiring(*opened.registry, arguments);
  // Before the clients: where a reload comes between the two, the number is not ahead of the list.
  const auto generation = opened.registry->load_generation();
  if (!generation) return fail(ExitStatus::could_not_run, generation.error());
  auto clients = opened.registry->list_clients();
  if (!clients) return fail(ExitStatus::could_not_run, clients.error());
  if (*method) {
    std::erase_if(*clients, [wanted = **method](const auto& one) { return one.token_endpoint_auth_method != wanted; });
  }
  const auto show = arguments.has("--json") ? &print_clients_json : &print_clients;
  show(*opened.registry, *clients, *generation);
  return ExitStatus::done;
}

}  // namespace

const Verb kClientList{"client", "list", "the registered clients as the server sees them", kClientListArguments,
                       &run_client_list};

}  // namespace certbound::cli
