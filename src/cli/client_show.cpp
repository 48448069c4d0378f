#include <nlohmann/json.hpp>

#include "app/deny_commands.hpp"
#include "cli/client_json.hpp"
#include "cli/fetched.hpp"
#include "cli/output.hpp"
#include "cli/registry.hpp"
#include "oauth/explain.hpp"

namespace certbound::cli {

namespace {

constexpr ArgumentSpec kClientShowArguments[] = {
    {"ID", ArgumentKind::positional, "client_id", true},
    kConfigArgument,
    kJsonArgument,
};

void print_client(const nlohmann::ordered_json& json, const std::vector<model::Denial>& denials) {
  for (const model::Denial& denial : denials) print("denied: " + printable(model::describe_denial(denial)) + "\n");
  for (const auto& [name, value] : json.items()) {
    if (name == "denials") continue;
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    print(name + ": " + printable(text) + "\n");
  }
}

/// Those of the client, and of the certificates that it is registered with, publishes, or came with last.
Result<std::vector<model::Denial>> find_denials(const Registry& registry, const model::Client& client,
                                                const FetchedState& fetched,
                                                const std::optional<store::SeenCertificate>& seen) {
  const auto denials = registry.load_denials();
  if (!denials) return denials.error();
  std::vector<std::string> certificates = client.certificate_thumbprints;
  if (seen) certificates.push_back(seen->x5t_s256);
  if (fetched.kept) {
    for (const crypto::Sha256& digest : fetched.kept->keys->certificates) certificates.push_back(digest.to_base64url());
  }
  return oauth::find_denials_of(*denials, client.client_id.text(), certificates, wall_now());
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
  FetchedState fetched;
  if (!found.jwks_uri.empty()) {
    fetched = load_fetched(opened.registry->config.state_dir, found);
    json["jwks"] = fetched_json(fetched, wall_now());
  }
  if (*seen) json["last_seen_certificate"] = seen_json(**seen);
  const auto denials = find_denials(*opened.registry, found, fetched, *seen);
  if (!denials) return fail(ExitStatus::could_not_run, denials.error());
  json["denials"] = nlohmann::ordered_json::array();
  for (const model::Denial& denial : *denials) json["denials"].emplace_back(app::denial_json(denial));
  if (arguments.has("--json")) {
    print_json(json);
  } else {
    print_client(json, *denials);
  }
  return ExitStatus::done;
}

}  // namespace

const Verb kClientShow{"client", "show", "one registered client, and where it came from", kClientShowArguments,
                       &run_client_show};

}  // namespace certbound::cli
