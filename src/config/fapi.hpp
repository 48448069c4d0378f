#pragma once

#include "config/config.hpp"
#include "config/section.hpp"

namespace certbound::config {

[[nodiscard]] const Section<oauth::DpopOptions>& dpop_section();

/// The top-level option `profile`.
[[nodiscard]] Field<Config> profile_field();

/// What the main file's other options say against the profile (FAPI 2.0 Security Profile sections 5.2, 5.3.2 and 5.4).
/// `root` is its map.
void check_profile(Reader& reader, const Node& root, const Config& config);

/// The same of one client: how it authenticates, and that no token of it is unbound. `node` is its map.
void check_client_profile(Reader& reader, const Node& node, const Config& config, const model::Client& client);

}  // namespace certbound::config
