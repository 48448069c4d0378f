#include <charconv>

#include <nlohmann/json.hpp>

#include "app/secret_commands.hpp"
#include "base/clock.hpp"
#include "base/json.hpp"
#include "cli/call_daemon.hpp"
#include "cli/client_json.hpp"
#include "cli/output.hpp"
#include "cli/registry.hpp"

namespace certbound::cli {

namespace {

constexpr ArgumentSpec kSecretClientArgument{"ID", ArgumentKind::positional, "client_id", true};

constexpr ArgumentSpec kSecretNewArguments[] = {
    kSecretClientArgument,
    {"--expires", ArgumentKind::value,
     "for how long it is valid: 30d, 12h, or never; else 90d, so that a secret that was forgotten ends. The log names "
     "it "
     "daily from 14 days before its end on"},
    kConfigArgument,
    kJsonArgument,
};

constexpr ArgumentSpec kSecretListArguments[] = {kSecretClientArgument, kConfigArgument, kJsonArgument};

constexpr ArgumentSpec kSecretRemoveArguments[] = {
    kSecretClientArgument,
    {"NUMBER", ArgumentKind::positional, "the secret's number, as client secret list prints it", true},
    kConfigArgument,
    kJsonArgument,
};

/// `7  since 2026-…  until 2026-…`; `expired` behind it where it is over.
std::string describe_secret(const nlohmann::json& secret) {
  std::string line = std::to_string(secret.value("id", 0ULL));
  line += "\tsince " + printable(string_member(secret, "created_at"));
  const std::string_view end = string_member(secret, "expires_at");
  line += "\tuntil " + (end.empty() ? std::string{"removed"} : printable(end));
  return line + (secret.value("expired", false) ? "\texpired\n" : "\n");
}

/// A fault of the command line, whether a server runs or not.
Result<nlohmann::json> read_client_argument(const Arguments& arguments) {
  const std::string id = arguments.value("ID");
  if (!model::ClientId::parse(id)) return invalid_input("\"" + printable(id) + "\" is not a client_id");
  return nlohmann::json{{"client_id", id}};
}

/// The secret alone on stdout, so that it can be piped to where it belongs.
ExitStatus run_secret_new(const Arguments& arguments) {
  auto given = read_client_argument(arguments);
  if (!given) return fail(ExitStatus::wrong_usage, given.error());
  if (arguments.has("--expires")) {
    const std::string lifetime = arguments.value("--expires");
    // The server checks it again, by the same code.
    if (const auto end = app::parse_secret_end(lifetime, wall_now()); !end) {
      return fail(ExitStatus::wrong_usage, "--" + end.error().detail);
    }
    (*given)["expires"] = lifetime;
  }
  nlohmann::json result;
  const ExitStatus status = call_daemon(arguments, "client.secret.new", *given, result);
  if (status != ExitStatus::done) return status;
  if (arguments.has("--json")) {
    print_json(result);
    return ExitStatus::done;
  }
  print_error("secret of client " + printable(arguments.value("ID")) + ", shown this once:\n" +
              describe_secret(result));
  print(std::string{string_member(result, "client_secret")} + "\n");
  return ExitStatus::done;
}

ExitStatus run_secret_remove(const Arguments& arguments) {
  auto given = read_client_argument(arguments);
  if (!given) return fail(ExitStatus::wrong_usage, given.error());
  const std::string text = arguments.value("NUMBER");
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return fail(ExitStatus::wrong_usage,
                "\"" + printable(text) + "\" is not a secret's number; client secret list has them");
  }
  (*given)["id"] = number;
  nlohmann::json result;
  const ExitStatus status = call_daemon(arguments, "client.secret.remove", *given, result);
  if (status != ExitStatus::done) return status;
  arguments.has("--json") ? print_json(result) : print(describe_secret(result));
  return ExitStatus::done;
}

/// From the database: also while no server runs.
ExitStatus run_secret_list(const Arguments& arguments) {
  const auto id = model::ClientId::parse(arguments.value("ID"));
  if (!id) {
    return fail(ExitStatus::wrong_usage, "\"" + printable(arguments.value("ID")) + "\" is not a client_id");
  }
  const OpenedRegistry opened = open_registry(arguments);
  if (!opened.registry) return opened.status;
  const auto client = opened.registry->find_client(*id);
  if (!client) return fail(ExitStatus::could_not_run, client.error());
  if (!*client) return fail(ExitStatus::answer_is_no, "no client \"" + id->text() + "\" is registered");
  nlohmann::ordered_json json;
  json["client_id"] = id->text();
  json["token_endpoint_auth_method"] = name((*client)->token_endpoint_auth_method);
  json.update(secrets_json(**client, wall_now()));
  if (arguments.has("--json")) {
    print_json(json);
    return ExitStatus::done;
  }
  if (!(*client)->declared_secret_sha256.empty()) print("declared\tby client_secret_file\n");
  for (const nlohmann::json secret : json["secrets"]) print(describe_secret(secret));
  return ExitStatus::done;
}

}  // namespace

const Verb kSecretNew{"client secret", "new",
                      "make a secret for a client, in the running server, and print it this once", kSecretNewArguments,
                      &run_secret_new};
const Verb kSecretList{"client secret", "list", "which secrets a client has, and when they end", kSecretListArguments,
                       &run_secret_list};
const Verb kSecretRemove{"client secret", "remove", "end a secret of a client, in the running server",
                         kSecretRemoveArguments, &run_secret_remove};

}  // namespace certbound::cli
