#include <charconv>

#include <nlohmann/json.hpp>

#include "app/deny_commands.hpp"
#include "base/clock.hpp"
#include "base/json.hpp"
#include "cli/call_daemon.hpp"
#include "cli/output.hpp"
#include "cli/registry.hpp"

namespace certbound::cli {

namespace {

constexpr ArgumentSpec kDenyAddArguments[] = {
    {"--jti", ArgumentKind::value, "one token, by its jti"},
    {"--thumbprint", ArgumentKind::value,
     "the tokens that are bound to a certificate, by its x5t#S256; without --issued-before it gets no new ones either"},
    {"--client", ArgumentKind::value,
     "the tokens of a client, by its client_id; without --issued-before it gets no new ones either"},
    {"--issued-before", ArgumentKind::value,
     "only tokens that are older: RFC 3339 or Unix seconds; by itself those of every client"},
    {"--until", ArgumentKind::value,
     "when the denial ends: RFC 3339 or Unix seconds; else a certificate or client is denied until deny remove, a "
     "token or older ones until nothing of it is alive any more"},
    {"--reason", ArgumentKind::value, "why, for whoever reads the list later", true},
    kConfigArgument,
    kJsonArgument,
};

constexpr ArgumentSpec kDenyRemoveArguments[] = {
    {"ID", ArgumentKind::positional, "the denial's number, as deny list prints it", true},
    kConfigArgument,
    kJsonArgument};

constexpr ArgumentSpec kDenyListArguments[] = {kConfigArgument, kJsonArgument};

/// `7  client  etl  issued before …  until …  the reason`; `all` where no time of issue is named.
std::string describe_denial(const nlohmann::json& denial) {
  std::string line = std::to_string(denial.value("id", 0ULL));
  line += "\t" + std::string{string_member(denial, "kind")};
  line += "\t" + printable(string_member(denial, "subject"));
  const std::string_view issued_before = string_member(denial, "issued_before");
  line += "\t" + (issued_before.empty() ? std::string{"all"} : "issued before " + printable(issued_before));
  const std::string_view until = string_member(denial, "until");
  line += "\tuntil " + (until.empty() ? std::string{"removed"} : printable(until));
  return line + "\t" + printable(string_member(denial, "reason")) + "\n";
}

ExitStatus run_change(const Arguments& arguments, std::string_view command, const nlohmann::json& given) {
  nlohmann::json result;
  const ExitStatus status = call_daemon(arguments, command, given, result);
  if (status != ExitStatus::done) return status;
  if (arguments.has("--json")) {
    print_json(result);
  } else {
    print(describe_denial(result));
  }
  return ExitStatus::done;
}

ExitStatus run_deny_add(const Arguments& arguments) {
  nlohmann::json given = nlohmann::json::object();
  constexpr std::pair<const char*, const char*> kMembers[] = {
      {"--jti", "jti"},       {"--thumbprint", "thumbprint"},
      {"--client", "client"}, {"--issued-before", "issued_before"},
      {"--until", "until"},   {"--reason", "reason"}};
  for (const auto& [option, member] : kMembers) {
    if (!arguments.has(option)) continue;
    if (arguments.value(option).empty()) {
      return fail(ExitStatus::wrong_usage, std::string{option} + " is given without a value");
    }
    given[member] = arguments.value(option);
  }
  // The server checks it again, by the same code; what cannot be is wrong usage, whether one runs or not.
  if (const auto denial = app::parse_denial(given, wall_now()); !denial) {
    return fail(ExitStatus::wrong_usage, denial.error());
  }
  return run_change(arguments, "deny.add", given);
}

ExitStatus run_deny_remove(const Arguments& arguments) {
  const std::string text = arguments.value("ID");
  std::uint64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return fail(ExitStatus::wrong_usage, "\"" + printable(text) + "\" is not a denial's number; deny list has them");
  }
  return run_change(arguments, "deny.remove", {{"id", id}});
}

/// From the database: also while no server runs.
ExitStatus run_deny_list(const Arguments& arguments) {
  const OpenedRegistry opened = open_registry(arguments);
  if (!opened.registry) return opened.status;
  const auto denials = opened.registry->load_denials();
  if (!denials) return fail(ExitStatus::could_not_run, denials.error());
  const WallTime now = wall_now();
  nlohmann::json json;
  json["denials"] = nlohmann::json::array();
  for (const model::Denial& denial : *denials) {
    if (denial.is_over(now)) continue;
    json["denials"].push_back(app::denial_json(denial));
    if (!arguments.has("--json")) print(describe_denial(json["denials"].back()));
  }
  if (arguments.has("--json")) print_json(json);
  return ExitStatus::done;
}

}  // namespace

const Verb kDenyAdd{"deny", "add", "take tokens out of service, in the running server", kDenyAddArguments,
                    &run_deny_add};
const Verb kDenyList{"deny", "list", "what is out of service", kDenyListArguments, &run_deny_list};
const Verb kDenyRemove{"deny", "remove", "end a denial, in the running server", kDenyRemoveArguments, &run_deny_remove};

}  // namespace certbound::cli
