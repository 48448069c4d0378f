#pragma once

#include "config/options.hpp"

namespace certbound::config {

/// The options of a client that say to what its tokens are bound.
[[nodiscard]] Field<ClientDraft> certificate_bound_field();
[[nodiscard]] Field<ClientDraft> certificate_binding_field();
[[nodiscard]] Field<ClientDraft> dpop_bound_field();
[[nodiscard]] Field<ClientDraft> sender_constraint_field();

/// To what the client's tokens are bound: fills in its rules for certificates and DPoP keys from
/// `tls_client_certificate_bound_access_tokens`, `certificate_binding`, `dpop_bound_access_tokens` and
/// `sender_constraint`, and reports where two of them contradict each other.
void read_binding(Reader& reader, const Node& node, const ClientDraft& draft, model::Client& client);

}  // namespace certbound::config
