#pragma once

#include <filesystem>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace certbound::cli {

struct StarterOptions {
  std::filesystem::path directory;
  unsigned port = 8443;
  unsigned operations_port = 9090;
};

/// Writes `certbound.yaml`, `ca/dev-ca.crt` with its key, `tls/server.crt` with its key for localhost,
/// `clients/client-1.crt` with its key, and `keys/at-rest.key`, which encrypts the signing keys. Private keys have mode
/// 0600. Errors: `invalid_request` where the directory holds anything: nothing is overwritten.
[[nodiscard]] Result<void> write_starter(const StarterOptions& options, WallTime now);

}  // namespace certbound::cli
