#include <optional>
#include <span>

#include <nlohmann/json.hpp>

#include "base/clock.hpp"
#include "cli/output.hpp"
#include "cli/registry.hpp"

namespace certbound::cli {

namespace {

constexpr ArgumentSpec kKeysListArguments[] = {kConfigArgument, kJsonArgument};

/// What happens to the key next, and when; both empty where nothing will by itself.
struct NextChange {
  std::string what;
  std::string when;
};

/// When the key retires that is active; nothing where only a command does it.
std::optional<WallTime> retirement_of(const model::KeyRecord& active, std::span<const model::KeyRecord> keys,
                                      const config::Config& config) {
  for (const model::KeyRecord& key : keys) {
    const bool is_successor = key.state == model::KeyState::next && key.is_sealing() == active.is_sealing();
    if (is_successor && key.used_from != WallTime{}) return key.used_from;
  }
  if (config.signing.rotation_interval.count() == 0) return std::nullopt;
  return active.used_from + config.signing.rotation_interval;
}

NextChange next_change(const model::KeyRecord& key, std::span<const model::KeyRecord> keys,
                       const config::Config& config) {
  switch (key.state) {
    case model::KeyState::next:
      if (key.used_from == WallTime{}) return {"waits to be published", {}};
      return {"becomes active", to_rfc3339(key.used_from)};
    case model::KeyState::active:
      if (const auto time = retirement_of(key, keys, config)) return {"retires", to_rfc3339(*time)};
      return {};
    case model::KeyState::retired:
      return {"is removed", to_rfc3339(key.remove_at)};
  }
  return {};
}

nlohmann::ordered_json key_json(const model::KeyRecord& key, const NextChange& change) {
  nlohmann::ordered_json json{
      {"kid", key.kid},           {"algorithm", algorithm_name(key)},         {"use", key.is_sealing() ? "enc" : "sig"},
      {"state", name(key.state)}, {"created_at", to_rfc3339(key.created_at)}, {"encrypted", key.is_encrypted}};
  if (key.used_from != WallTime{}) json["used_from"] = to_rfc3339(key.used_from);
  if (key.retired_at != WallTime{}) json["retired_at"] = to_rfc3339(key.retired_at);
  if (!change.what.empty()) json["next_change"] = change.what;
  if (!change.when.empty()) json["next_change_at"] = change.when;
  return json;
}

ExitStatus run_keys_list(const Arguments& arguments) {
  const OpenedRegistry opened = open_registry(arguments);
  if (!opened.registry) return opened.status;
  if (!opened.registry->is_live()) {
    return fail(ExitStatus::could_not_run, "there are no signing keys yet: the server makes them on its first start");
  }
  const auto keys = opened.registry->store->keys().list_keys();
  if (!keys) return fail(ExitStatus::could_not_run, keys.error());
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const model::KeyRecord& key : *keys) {
    const NextChange change = next_change(key, *keys, opened.registry->config);
    json.push_back(key_json(key, change));
    if (arguments.has("--json")) continue;
    const std::string then = change.what + (change.when.empty() ? "" : " at " + change.when);
    print(key.kid + "\t" + std::string{algorithm_name(key)} + "\t" + std::string{name(key.state)} + "\t" +
          to_rfc3339(key.created_at) + (then.empty() ? "" : "\t" + then) + "\n");
  }
  if (arguments.has("--json")) print_json(json);
  return ExitStatus::done;
}

}  // namespace

const Verb kKeysList{"keys", "list", "the signing keys and their states", kKeysListArguments, &run_keys_list};

}  // namespace certbound::cli
