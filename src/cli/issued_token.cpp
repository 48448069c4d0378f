#include "cli/issued_token.hpp"

#include <optional>

#include <nlohmann/json.hpp>

#include "app/deny_commands.hpp"
#include "base/json.hpp"
#include "store/open.hpp"

namespace certbound::cli {

namespace {

std::optional<WallTime> end_of(const nlohmann::json& record) {
  const auto expires_at = record.find("expires_at");
  if (expires_at == record.end() || !expires_at->is_number_integer()) return std::nullopt;
  return WallTime{std::chrono::seconds{expires_at->get<long long>()}};
}

/// What denials look at. Errors: where the record does not say it.
Result<oauth::Claims> claims_of(const nlohmann::json& record) {
  // A record's time is the `iat` of its token.
  const auto time = parse_time(string_member(record, "time"));
  if (!time) return invalid_input("the record's time cannot be read");
  oauth::Claims claims;
  claims.issued_at = *time;
  claims.jti = string_member(record, "jti");
  claims.client_id = string_member(record, "client_id");
  if (string_member(record, "confirmation").empty()) return claims;
  const auto certificate = record.find("certificate");
  if (certificate == record.end() || !certificate->is_object()) {
    return invalid_input("the record of a bound token names no certificate");
  }
  claims.confirmation.x5t_s256 = string_member(*certificate, "x5t#S256");
  return claims;
}

void judge_key(IssuedStatus& status, std::string_view kid, const TokenKnowledge& known, WallTime issued_at) {
  if (kid.empty()) {
    status.why = "an older version's record does not say which key signed it";
    return;
  }
  const auto found = known.keys.find(kid);
  if (found != known.keys.end()) {
    status.state = IssuedState::active;
    status.key = &found->second;
  } else if (issued_at >= known.as_of) {
    status.why = "it was issued after the keys had been looked at; ask again";
  } else {
    status.state = IssuedState::key_removed;
    status.why = "key " + std::string{kid} + " is not among those of the state directory";
  }
}

}  // namespace

std::string_view name(IssuedState state) {
  switch (state) {
    case IssuedState::active:
      return "active";
    case IssuedState::expired:
      return "expired";
    case IssuedState::denied:
      return "denied";
    case IssuedState::key_removed:
      return "key_removed";
    case IssuedState::unknown:
      return "unknown";
  }
  return {};
}

Result<TokenKnowledge> load_token_knowledge(const std::filesystem::path& state_dir) {
  TokenKnowledge known;
  known.as_of = wall_now();
  const auto store = store::open_store_read_only(state_dir);
  if (!store) return store.error();
  const auto denials = store::load_denials((*store)->denials());
  if (!denials) return denials.error();
  const auto keys = (*store)->keys().list_keys();
  if (!keys) return keys.error();
  known.denied = oauth::DenyList::make(*denials);
  for (const model::Denial& denial : *denials) known.denials.emplace(denial.id, denial);
  for (const model::KeyRecord& key : *keys) known.keys.emplace(key.kid, key);
  return known;
}

bool is_issue(const nlohmann::json& record) {
  return string_member(record, "outcome") == "granted" && end_of(record) && !string_member(record, "jti").empty();
}

IssuedStatus judge_issued(const nlohmann::json& record, const Result<TokenKnowledge>& known, WallTime now) {
  IssuedStatus status;
  const auto end = end_of(record);
  if (end) status.expires_at = *end;
  const bool is_over = end && now >= *end;
  if (is_over) status.state = IssuedState::expired;
  if (!known) {
    if (!is_over) status.why = known.error().detail;
    return status;
  }
  const auto claims = claims_of(record);
  if (!claims) {
    if (!is_over) status.why = claims.error().detail;
    return status;
  }
  if (const auto id = known->denied->find_id(*claims, now)) {
    status.denial = &known->denials.at(*id);
    if (!is_over) status.state = IssuedState::denied;
  } else if (!is_over) {
    judge_key(status, string_member(record, "kid"), *known, claims->issued_at);
  }
  return status;
}

nlohmann::json status_json(const IssuedStatus& status) {
  nlohmann::json json{{"state", name(status.state)}};
  if (status.denial != nullptr) json["denial"] = app::denial_json(*status.denial);
  if (status.key != nullptr) json["key_state"] = name(status.key->state);
  if (!status.why.empty()) json["detail"] = status.why;
  return json;
}

std::string describe_status(const IssuedStatus& status) {
  const std::string end = to_rfc3339(status.expires_at);
  const std::string denial = status.denial == nullptr ? std::string{} : model::describe_denial(*status.denial);
  switch (status.state) {
    case IssuedState::active:
      return "alive until " + end + (status.key->state == model::KeyState::retired ? " (its key is retired)" : "");
    case IssuedState::expired:
      return "expired " + end + (denial.empty() ? "" : " (" + denial + ")");
    case IssuedState::denied:
      return "denied (" + denial + ") ends " + end;
    case IssuedState::key_removed:
      return "not verifiable (" + status.why + ") ends " + end;
    case IssuedState::unknown:
      return "not known whether alive (" + status.why + ") ends " + end;
  }
  return {};
}

}  // namespace certbound::cli
