#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "model/client.hpp"

namespace certbound::cli {

/// A client with the names of RFC 7591 and RFC 8705, and where it came from.
[[nodiscard]] nlohmann::ordered_json client_json(const model::Client& client);

/// What it authenticates with, in one line.
[[nodiscard]] std::string describe_credential(const model::Client& client);

}  // namespace certbound::cli
