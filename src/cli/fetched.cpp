#include "cli/fetched.hpp"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "app/load_revocation.hpp"

namespace certbound::cli {

namespace {

std::string describe_age(WallTime since, WallTime now) {
  const long long seconds = std::max<long long>(0, (now - since).count());
  if (seconds < 120) return std::to_string(seconds) + " s ago";
  if (seconds < 7200) return std::to_string(seconds / 60) + " min ago";
  return std::to_string(seconds / 3600) + " h ago";
}

/// A 304 confirms what was fetched before.
WallTime confirmed_at(const FetchedState& state) {
  const WallTime fetched = state.kept->copy.received_at;
  return state.status && state.status->last_good ? std::max(fetched, *state.status->last_good) : fetched;
}

bool has_failed(const FetchedState& state) { return state.status && state.status->failures > 0; }

}  // namespace

FetchedState load_fetched(const std::filesystem::path& state_dir, const model::Client& client) {
  const app::FetchedCopies copies{state_dir};
  const app::CopyId id = app::key_copy_id(client);
  FetchedState state;
  auto kept = app::load_kept_keys(copies, id);
  if (kept) {
    state.kept = *std::move(kept);
  } else {
    state.problem = kept.error().detail;
  }
  auto status = copies.load_status(id);
  if (status) {
    state.status = *std::move(status);
  } else if (state.problem.empty()) {
    state.problem = status.error().detail;
  }
  return state;
}

nlohmann::ordered_json fetched_json(const FetchedState& state, WallTime now) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  if (state.kept) {
    const WallTime confirmed = confirmed_at(state);
    json["fetched_at"] = to_rfc3339(state.kept->copy.received_at);
    json["confirmed_at"] = to_rfc3339(confirmed);
    json["age_seconds"] = (now - confirmed).count();
    json["certificates"] = state.kept->keys->certificates.size();
    json["keys"] = state.kept->keys->keys.size();
  }
  if (!state.problem.empty()) json["problem"] = state.problem;
  if (has_failed(state)) {
    json["failures"] = state.status->failures;
    json["last_failure"] = {{"at", to_rfc3339(state.status->last_attempt)},
                            {"reason", fetch::name(state.status->last_failure)},
                            {"detail", state.status->last_detail},
                            {"meaning", fetch::meaning(state.status->last_failure)}};
  }
  return json;
}

std::string describe_fetched(const model::Client& client, const FetchedState& state, WallTime now) {
  std::string text = app::shown_url(client.jwks_uri) + ", ";
  if (state.kept) {
    const WallTime confirmed = confirmed_at(state);
    text += "fetched or confirmed " + describe_age(confirmed, now) + ", at " + to_rfc3339(confirmed);
  } else {
    text += "not fetched yet";
  }
  if (!state.problem.empty()) text += "; " + state.problem;
  if (has_failed(state)) {
    text += "; the last attempt failed at " + to_rfc3339(state.status->last_attempt) + ": " +
            std::string{fetch::name(state.status->last_failure)} + ": " + state.status->last_detail;
  }
  return text;
}

}  // namespace certbound::cli
