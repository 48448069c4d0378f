#include <nlohmann/json.hpp>

#include "cli/client_json.hpp"
#include "cli/output.hpp"
#include "cli/registry.hpp"

namespace certbound::cli {

namespace {

constexpr ArgumentSpec kClientListArguments[] = {kConfigArgument, kJsonArgument};

ExitStatus run_client_list(const Arguments& arguments) {
  const OpenedRegistry opened = open_registry(arguments);
  if (!opened.registry) return opened.status;
  const auto clients = opened.registry->list_clients();
  if (!clients) return fail(ExitStatus::could_not_run, clients.error());
  if (arguments.has("--json")) {
    nlohmann::ordered_json json;
    json["registry"] = opened.registry->is_live() ? "store" : "configuration";
    json["clients"] = nlohmann::ordered_json::array();
    for (const model::Client& client : *clients) json["clients"].push_back(client_json(client));
    print_json(json);
    return ExitStatus::done;
  }
  for (const model::Client& client : *clients) {
    print(printable(client.client_id.text()) + "\t" + std::string{name(client.token_endpoint_auth_method)} + "\t" +
          printable(describe_credential(client)) + "\t" + printable(client.origin.place) + "\n");
  }
  if (!opened.registry->is_live()) print("(from the configuration: the server has not run yet)\n");
  return ExitStatus::done;
}

}  // namespace

const Verb kClientList{"client", "list", "the registered clients as the server sees them", kClientListArguments,
                       &run_client_list};

}  // namespace certbound::cli
