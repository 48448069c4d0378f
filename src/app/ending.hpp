#pragma once

#include <span>
#include <string>
#include <vector>

#include "app/materials.hpp"
#include "base/clock.hpp"
#include "store/seen_certificate.hpp"

namespace certbound::app {

/// `the certificate of client "etl" (serial 0a, issued by CN=Issuing) ends at 2026-12-01T00:00:00Z; last seen at …`.
[[nodiscard]] std::string describe_ending(const store::SeenCertificate& seen, WallTime now);

/// A line for each of the configuration's own certificates that has ended or ends within x509::kExpiryWarning of `now`,
/// then one for each of `seen`, which holds such only.
[[nodiscard]] std::vector<std::string> describe_ending(std::span<const WatchedCertificate> watched,
                                                       std::span<const store::SeenCertificate> seen, WallTime now);

}  // namespace certbound::app
