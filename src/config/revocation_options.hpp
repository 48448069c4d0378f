#pragma once

#include "config/section.hpp"
#include "x509/revocation.hpp"

namespace certbound::config {

/// The rows of `trust_stores.NAME.revocation`.
[[nodiscard]] const Section<x509::RevocationOptions>& revocation_section();

/// What several of its members say together, after each was read: neither a policy that knows nothing, nor lists and
/// responders that nobody looks at.
void check_revocation(Reader& reader, const Node& node, const x509::RevocationOptions& options);

}  // namespace certbound::config
