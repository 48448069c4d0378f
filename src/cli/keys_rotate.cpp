#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "cli/call_daemon.hpp"
#include "cli/output.hpp"

namespace certbound::cli {

namespace {

constexpr ArgumentSpec kKeysRotateArguments[] = {
    kConfigArgument,
    {"--now", ArgumentKind::flag,
     "for emergencies: sign with the new key at once, although caches of the key set may not know it yet"},
    kJsonArgument};

std::string shown(const nlohmann::json& result, std::string_view member) {
  return printable(string_member(result, member));
}

void print_rotation(const nlohmann::json& result) {
  const std::string key = shown(result, "kid") + " (" + shown(result, "algorithm") + ")";
  if (string_member(result, "state") == "next") {
    print(key + " is published and signs from " + shown(result, "used_from") + " on; until then " +
          shown(result, "replaces") + " signs\n");
    return;
  }
  print(key + " signs; " + shown(result, "replaces") + " is retired\n");
  if (!result.contains("known_from")) return;
  print("caches of the key set may not know it before " + shown(result, "known_from") +
        ": until then verifiers that do not fetch a key set anew for an unknown kid refuse its tokens\n");
}

ExitStatus run_keys_rotate(const Arguments& arguments) {
  nlohmann::json result;
  const ExitStatus status = call_daemon(arguments, "keys.rotate", {{"now", arguments.has("--now")}}, result);
  if (status != ExitStatus::done) return status;
  if (arguments.has("--json")) {
    print_json(result);
  } else {
    print_rotation(result);
  }
  return ExitStatus::done;
}

}  // namespace

const Verb kKeysRotate{"keys", "rotate", "replace the key that signs, in the running server", kKeysRotateArguments,
                       &run_keys_rotate};

}  // namespace certbound::cli
