#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/crl_watch.hpp"
#include "app/load_revocation.hpp"
#include "base/clock.hpp"
#include "config/config.hpp"
#include "config/problem.hpp"
#include "crypto/secret.hpp"
#include "fetch/options.hpp"
#include "net/tls_context.hpp"
#include "x509/trust_store.hpp"

namespace certbound::app {

/// A certificate that somebody has to renew in time.
struct WatchedCertificate {
  std::string role;  ///< `server`, `server_chain` (what it is sent with), `anchor`, `intermediate`
  std::string name;  ///< the file, or store and file
  std::string subject;
  std::string serial;  ///< hexadecimal: two CAs of one name are two certificates
  WallTime not_after{};
};

/// What the files are that a configuration names.
struct Materials {
  net::ServerCertificate server;
  std::map<std::string, std::shared_ptr<const x509::TrustStore>, std::less<>> trust_stores;
  std::vector<WatchedCertificate> certificates;
  std::vector<WatchedCrl> crls;
  /// How many pairs of clients find_shared_certificates() warned about.
  std::size_t shared_certificates = 0;
  std::vector<CrlUrl> crl_urls;  ///< of every trust store whose policy is not off
  std::shared_ptr<const fetch::Settings> fetch;
  std::optional<crypto::Secret>
      key_encryption_key;  ///< nothing where none is configured; read at the start, then only checked
};

struct LoadedMaterials {
  std::optional<Materials> materials;  ///< absent where a problem is an error
  std::vector<config::Problem> problems;
};

/// Reads every file that the configuration names; every problem at once, each at the place of the key that names the
/// file. A certificate that has expired or is not valid yet is an error where it is the server's own, else a
/// warning, as is one that expires within x509::kExpiryWarning of `now`. CRLs: as load_revocation(); nothing is
/// fetched. Then as find_shared_certificates(). A file that `config` does not name is no problem here: loading the
/// configuration says so.
[[nodiscard]] LoadedMaterials load_materials(const config::Config& config, WallTime now,
                                             const FindFetchedCrls& find_fetched = &find_no_crls);

}  // namespace certbound::app
