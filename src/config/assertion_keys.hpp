#pragma once

#include <string_view>

#include "config/options.hpp"

namespace certbound::config {

/// The keys of a private_key_jwt client: fills in `client` from `public_keys`, `jwks` and `jwks_uri`, with the `alg` of
/// its assertions. Reports what is missing, too much or damaged, and keys that cannot sign what is registered.
void read_assertion_keys(Reader& reader, const Node& node, const ClientDraft& draft, model::Client& client);

/// Complains of a key of the client that can sign nothing which is accepted under the profile.
void check_assertion_keys(Reader& reader, const Node& client_node, oauth::Profile profile, const model::Client& client);

/// Complains of the options that only such a client has.
void refuse_assertion_options(Reader& reader, const Node& client, std::string_view method);

}  // namespace certbound::config
