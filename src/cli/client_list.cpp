#include <chrono>

#include <nlohmann/json.hpp>

#include "app/ending.hpp"
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

ExitStatus run_client_list(const Arguments& arguments) {
  const OpenedRegistry opened = open_registry(arguments);
  if (!opened.registry) return opened.status;
  if (arguments.has("--expiring")) return list_expiring(*opened.registry, arguments);
  // Before the clients: where a reload comes between the two, the number is not ahead of the list.
  const auto generation = opened.registry->load_generation();
  if (!generation) return fail(ExitStatus::could_not_run, generation.error());
  const auto clients = opened.registry->list_clients();
  if (!clients) return fail(ExitStatus::could_not_run, clients.error());
  const auto show = arguments.has("--json") ? &print_clients_json : &print_clients;
  show(*opened.registry, *clients, *generation);
  return ExitStatus::done;
}

}  // namespace

const Verb kClientList{"client", "list", "the registered clients as the server sees them", kClientListArguments,
                       &run_client_list};

}  // namespace certbound::cli
