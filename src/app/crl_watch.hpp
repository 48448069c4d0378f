#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "x509/crl.hpp"

namespace certbound::app {

using Crls = std::vector<std::shared_ptr<const x509::Crl>>;

/// A CRL of a trust store, which its CA has to renew in time.
struct WatchedCrl {
  std::string name;           ///< store and file or URL; of a URL's lists no other's
  std::string issuer;         ///< the CA's subject
  std::string issuer_serial;  ///< of the CA's certificate, hexadecimal: two CAs of one name are two
  std::string number;         ///< hexadecimal; empty where it has none
  WallTime this_update{};
  WallTime next_update{};
};

/// `name`: of the store and of the file or URL.
[[nodiscard]] WatchedCrl watch_crl(const x509::Crl& crl, std::string name);

/// Says once of each CRL that it is past its nextUpdate. Lists live for days or hours, so a warning before that would
/// be there always. Not thread safe.
class CrlWatch {
 public:
  CrlWatch() = default;
  /// Those that are past at `now` were warned about where they were loaded.
  CrlWatch(std::vector<WatchedCrl> crls, WallTime now);

  /// Those whose nextUpdate has come since the last call.
  [[nodiscard]] std::vector<WatchedCrl> take_expired(WallTime now);

  /// A warning in the log for each of these.
  void warn_of_expired(WallTime now);

  /// When the next one is past; nothing where none is left.
  [[nodiscard]] std::optional<WallTime> next_expiry() const;

 private:
  std::vector<WatchedCrl> waiting_;
};

}  // namespace certbound::app
