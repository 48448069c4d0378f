#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "app/key_fetcher.hpp"
#include "base/clock.hpp"
#include "model/client.hpp"

namespace certbound::cli {

/// What the state directory says of a client's jwks_uri.
struct FetchedState {
  std::shared_ptr<const app::KeptKeys> kept;   ///< null for nothing that could be used
  std::optional<fetch::RefreshStatus> status;  ///< of the server's last attempt
  std::string problem;                         ///< why there is nothing, where it is not that nothing came yet
};

[[nodiscard]] FetchedState load_fetched(const std::filesystem::path& state_dir, const model::Client& client);

/// When it was fetched and last confirmed, how many keys there are, the last failure.
[[nodiscard]] nlohmann::ordered_json fetched_json(const FetchedState& state, WallTime now);

/// The same in a sentence, with the URL.
[[nodiscard]] std::string describe_fetched(const model::Client& client, const FetchedState& state, WallTime now);

}  // namespace certbound::cli
