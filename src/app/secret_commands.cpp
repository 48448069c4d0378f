#include "app/secret_commands.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "config/scalar.hpp"
#include "crypto/digest.hpp"
#include "crypto/random.hpp"
#include "model/ids.hpp"

namespace certbound::app {

namespace {

using Json = nlohmann::json;

/// What outlives its operators might as well not end.
constexpr std::chrono::seconds kLongestSecretLifetime = std::chrono::hours{24} * 3650;

/// Times are kept in whole seconds.
WallTime this_second() { return std::chrono::floor<std::chrono::seconds>(wall_now()); }

Result<model::ClientId> read_client_id(const Json& arguments) {
  auto id = model::ClientId::parse(string_member(arguments, "client_id"));
  if (!id) return invalid_input("client_id: not a client_id");
  return *std::move(id);
}

/// 256 random bits as 43 characters.
Result<std::string> make_secret_text() {
  std::array<std::uint8_t, 32> octets{};
  if (auto filled = crypto::fill_random(octets); !filled) return std::move(filled).error();
  return base64url_encode(octets);
}

audit::SecretChange describe_secret_change(audit::SecretAction action, const model::ClientId& id,
                                           const model::ClientSecret& secret, const control::Peer& peer) {
  audit::SecretChange change;
  change.time = wall_now();
  change.action = action;
  change.client_id = id.text();
  change.secret = secret;
  change.user = peer.user;
  change.process = static_cast<std::uint64_t>(std::max<pid_t>(peer.process, 0));
  return change;
}

void log_secret_change(std::string_view event, const model::ClientId& id, std::uint64_t number,
                       const std::optional<WallTime>& end) {
  log::info(event, {{"client_id", id.text()},
                    {"id", static_cast<long long>(number)},
                    {"until", end ? to_rfc3339(*end) : std::string{"removed"}}});
}

/// Nobody knows it before the answer, so until its record is written it can be taken back as if it never was.
Result<void> record_new(const model::ClientId& id, const model::ClientSecret& added, const control::Peer& peer,
                        const SecretCommands& with) {
  auto recorded = with.audit.record(describe_secret_change(audit::SecretAction::added, id, added, peer));
  if (recorded) return recorded;
  recorded.error().detail = "no secret was made: " + recorded.error().detail + "; look at the disk";
  const auto taken_back = with.secrets.remove_secret(id, added.id);
  if (!taken_back) recorded.error().detail += "; number " + std::to_string(added.id) + " is left, and nobody knows it";
  return recorded;
}

Result<Json> run_secret_new(const Json& arguments, const control::Peer& peer, const SecretCommands& with) {
  const auto id = read_client_id(arguments);
  if (!id) return id.error();
  const std::string_view given = string_member(arguments, "expires");
  model::ClientSecret secret;
  secret.created_at = this_second();
  const auto end = parse_secret_end(given.empty() ? kSecretLifetime : given, secret.created_at);
  if (!end) return end.error();
  secret.expires_at = *end;
  const auto text = make_secret_text();
  if (!text) return text.error();
  secret.sha256 = crypto::sha256(*text).to_base64url();
  const auto added = with.secrets.add_secret(*id, secret);
  if (!added) return added.error();
  if (auto recorded = record_new(*id, *added, peer, with); !recorded) return std::move(recorded).error();
  with.on_change(id->text());
  log_secret_change("client_secret_added", *id, added->id, added->expires_at);
  Json answer = secret_json(*added, secret.created_at);
  answer["client_id"] = id->text();
  answer["client_secret"] = *text;
  return answer;
}

/// Out of force first: a disk that is full keeps nobody from ending what has leaked.
Result<Json> run_secret_remove(const Json& arguments, const control::Peer& peer, const SecretCommands& with) {
  const auto id = read_client_id(arguments);
  if (!id) return id.error();
  const auto number = arguments.find("id");
  if (number == arguments.end() || !number->is_number_unsigned())
    return invalid_input("id: not the number of a secret");
  const auto removed = with.secrets.remove_secret(*id, number->get<std::uint64_t>());
  if (!removed) return removed.error();
  if (!*removed) {
    return invalid_input("client " + json_quoted(id->text()) + " has no secret " + number->dump() +
                         "; client secret list has their numbers");
  }
  with.on_change(id->text());
  log_secret_change("client_secret_removed", *id, (*removed)->id, (*removed)->expires_at);
  auto recorded = with.audit.record(describe_secret_change(audit::SecretAction::removed, *id, **removed, peer));
  if (!recorded) {
    recorded.error().detail = "secret " + std::to_string((*removed)->id) +
                              " is removed and works no more, but that has no audit record: look at the disk";
    return std::move(recorded).error();
  }
  Json answer = secret_json(**removed, wall_now());
  answer["client_id"] = id->text();
  return answer;
}

}  // namespace

Result<std::optional<WallTime>> parse_secret_end(std::string_view lifetime, WallTime now) {
  if (lifetime == "never") return std::optional<WallTime>{};
  const auto seconds = config::parse_duration(lifetime);
  if (!seconds) {
    return invalid_input("expires: " + json_quoted(lifetime) + " is not a duration; write for example 90d, or never");
  }
  const std::chrono::seconds span{*seconds};
  if (span <= std::chrono::seconds{0} || span > kLongestSecretLifetime) {
    return invalid_input("expires: " + json_quoted(lifetime) + " is not between 1s and 3650d; write never for no end");
  }
  return std::optional<WallTime>{now + span};
}

Json secret_json(const model::ClientSecret& secret, WallTime now) {
  Json object{{"id", secret.id},
              {"created_at", to_rfc3339(secret.created_at)},
              {"expires_at", nullptr},
              {"expired", store::is_over(secret, now)}};
  if (secret.expires_at) object["expires_at"] = to_rfc3339(*secret.expires_at);
  return object;
}

void add_secret_commands(control::Commands& commands, const SecretCommands& with) {
  commands.add("client.secret.new", [with](const Json& arguments, const control::Peer& peer) {
    return run_secret_new(arguments, peer, with);
  });
  commands.add("client.secret.remove", [with](const Json& arguments, const control::Peer& peer) {
    return run_secret_remove(arguments, peer, with);
  });
}

}  // namespace certbound::app
