#pragma once

#include <string_view>
#include <vector>

#include "config/options.hpp"

namespace certbound::config {

/// How the client proves who it is: fills in the members of `client` for its method from `draft`, and reports what is
/// missing, too much or damaged. Certificates that were read are added to `config`.
void read_credentials(Reader& reader, const Node& node, const ClientDraft& draft,
                      const std::vector<std::string_view>& trust_stores, model::Client& client, Config& config);

}  // namespace certbound::config
