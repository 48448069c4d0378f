#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/crl_watch.hpp"
#include "base/clock.hpp"
#include "config/problem.hpp"
#include "x509/trust_store.hpp"

namespace certbound::app {

/// Where a problem of the revocation goes: the key below `trust_stores.NAME.revocation`, how bad it is, what it is.
using ReportRevocation = std::function<void(const std::string& key, config::Severity severity, std::string message)>;

/// `store` with the policy and the CRLs of `options`; `store` itself where there is no policy. A CRL that cannot be
/// read, is malformed, or whose issuer is no authority of the store is an error. One that is past or of the future is a
/// warning, as for a CA's certificate: it concerns that partner alone, and so does a CA without a CRL where the mode is
/// `require` and nobody is asked by OCSP. Appends every CRL to `watched`.
[[nodiscard]] std::shared_ptr<const x509::TrustStore> load_revocation(std::shared_ptr<const x509::TrustStore> store,
                                                                      const x509::RevocationOptions& options,
                                                                      WallTime now, std::vector<WatchedCrl>& watched,
                                                                      const ReportRevocation& report);

}  // namespace certbound::app
