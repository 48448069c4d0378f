#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "config/config.hpp"
#include "config/problem.hpp"
#include "x509/trust_store.hpp"

namespace certbound::app {

/// Product rule 7 across the two methods: of each certificate that a client is registered by although a CA issued it,
/// the `tls_client_auth` clients that it authenticates as well, as it stands now and as a partner presents it without
/// intermediates. A warning for each such pair of clients, at the place of the one that registered the certificate.
/// Revocation is left out: a CRL comes and goes. Of a client that is registered by a thumbprint or a key alone nobody
/// knows the certificate.
[[nodiscard]] std::vector<config::Problem> find_shared_certificates(
    const config::Config& config,
    const std::map<std::string, std::shared_ptr<const x509::TrustStore>, std::less<>>& trust_stores, WallTime now);

}  // namespace certbound::app
