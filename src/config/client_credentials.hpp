#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/options.hpp"

namespace certbound::config {

/// How the client proves who it is: fills in the members of `client` for its method from `draft`, and reports what is
/// missing, too much or damaged; a certificate that is not valid now or will not be for long is a warning. What comes
/// back names the sets of certificates that authenticate the client: two clients with one name in common can be
/// authenticated by one certificate.
[[nodiscard]] std::vector<std::string> read_credentials(Reader& reader, const Node& node, const ClientDraft& draft,
                                                        const std::vector<std::string_view>& trust_stores,
                                                        model::Client& client);

}  // namespace certbound::config
