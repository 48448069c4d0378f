#include <nlohmann/json.hpp>

#include "base/clock.hpp"
#include "cli/output.hpp"
#include "cli/registry.hpp"

namespace certbound::cli {

namespace {

constexpr ArgumentSpec kKeysListArguments[] = {kConfigArgument, kJsonArgument};

ExitStatus run_keys_list(const Arguments& arguments) {
  const OpenedRegistry opened = open_registry(arguments);
  if (!opened.registry) return opened.status;
  if (!opened.registry->is_live()) {
    return fail(ExitStatus::could_not_run, "there are no signing keys yet: the server makes them on its first start");
  }
  const auto keys = opened.registry->store->keys().list_keys();
  if (!keys) return fail(ExitStatus::could_not_run, keys.error());
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const model::SigningKeyRecord& key : *keys) {
    json.push_back({{"kid", key.kid},
                    {"algorithm", name(key.algorithm)},
                    {"state", name(key.state)},
                    {"created_at", to_rfc3339(key.created_at)}});
    if (arguments.has("--json")) continue;
    print(key.kid + "\t" + std::string{name(key.algorithm)} + "\t" + std::string{name(key.state)} + "\t" +
          to_rfc3339(key.created_at) + "\n");
  }
  if (arguments.has("--json")) print_json(json);
  return ExitStatus::done;
}

}  // namespace

const Verb kKeysList{"keys", "list", "the signing keys and their states", kKeysListArguments, &run_keys_list};

}  // namespace certbound::cli
