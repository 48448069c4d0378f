#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/crl_watch.hpp"
#include "app/fetched_copies.hpp"
#include "base/clock.hpp"
#include "config/problem.hpp"
#include "crypto/digest.hpp"
#include "x509/trust_store.hpp"

namespace certbound::app {

/// Where a problem of the revocation goes: the key below `trust_stores.NAME.revocation`, how bad it is, what it is.
using ReportRevocation = std::function<void(const std::string& key, config::Severity severity, std::string message)>;

/// What a URL brought, verified against the authorities of its trust store.
struct FetchedCrls {
  Crls crls;
  fetch::LastGood copy;   ///< when it came and its validators; without the octets
  crypto::Sha256 digest;  ///< of the octets
};

/// What there is of a URL.
struct FoundCrls {
  std::shared_ptr<const FetchedCrls> crls;  ///< null where nothing is
  std::string remark;                       ///< why what is kept cannot be used; empty where it can, or nothing is kept
};

/// What is there of a URL, verified against these authorities.
using FindFetchedCrls = std::function<FoundCrls(const CopyId& id, const std::vector<x509::Certificate>& authorities)>;

/// Finds nothing: for `check`, which neither fetches nor looks at the state directory.
[[nodiscard]] inline FoundCrls find_no_crls(const CopyId& /*id*/, const std::vector<x509::Certificate>& /*by*/) {
  return {};
}

/// Finds what is kept in the state directory. Lists of a CA that is no longer one of the store's are left out; a copy
/// of which nothing can be used is logged and remarked on.
[[nodiscard]] FindFetchedCrls find_in_copies(const std::filesystem::path& state_dir);
[[nodiscard]] FindFetchedCrls find_in_copies(FetchedCopies copies);

/// A URL from which a trust store has CRLs.
struct CrlUrl {
  CopyId id;
  std::string key;  ///< `crls[1]`
  std::vector<x509::Certificate> authorities;
  std::shared_ptr<const FetchedCrls> fetched;  ///< null where nothing is there yet
};

struct LoadedRevocation {
  x509::Revocation revocation;
  std::vector<WatchedCrl> watched;
  std::vector<CrlUrl> urls;
};

/// The policy of `options` with the CRLs of files, and of URLs what `find_fetched` finds. A CRL that cannot be read, is
/// malformed, or whose issuer is no authority of the store is an error. One that is past or of the future is a warning,
/// as for a CA's certificate: it concerns that partner alone, and so does a kept copy that cannot be used, and a CA
/// without a CRL where the mode is `require`, nothing is still to come for the first time and nobody is asked by OCSP.
[[nodiscard]] LoadedRevocation load_revocation(const x509::TrustStore& store, const x509::RevocationOptions& options,
                                               WallTime now, const FindFetchedCrls& find_fetched,
                                               const ReportRevocation& report);

/// Without its query, which may be a secret.
[[nodiscard]] std::string shown_url(const std::string& url);

}  // namespace certbound::app
