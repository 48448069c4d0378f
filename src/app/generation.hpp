#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "app/key_ring.hpp"
#include "app/materials.hpp"
#include "config/config.hpp"
#include "config/problem.hpp"
#include "crypto/library_context.hpp"
#include "gate/service.hpp"
#include "net/tls_context.hpp"
#include "oauth/snapshot.hpp"

namespace certbound::app {

/// One generation of the daemon's state: a configuration with everything that it names, complete and checked, not yet
/// in use. Start and reload make one in the same way, so a reload accepts exactly what a start accepts.
struct Generation {
  config::Config config;
  Materials materials;
  /// By worker, then by listener, then by verifier: null for one on a Unix socket.
  std::vector<std::vector<net::TlsContext>> tls;
  std::shared_ptr<const oauth::Snapshot> snapshot;
  /// By worker, then by entry of `verifiers`: each worker remembers tokens of its own.
  std::vector<std::vector<std::shared_ptr<const gate::Published>>> verifiers;
};

/// Everything that can be checked without the state directory: the configuration and the files that it names.
struct Checked {
  std::optional<config::Config> config;
  std::optional<Materials> materials;
  config::NamedFiles named;  ///< to be watched, also where it is not valid; empty without `watch`
  std::vector<config::Problem> problems;

  [[nodiscard]] bool is_valid() const { return config.has_value() && materials.has_value(); }
};

/// Every problem at once; what `certbound check` does.
/// The trust stores' CRLs of URLs come from `make_finder`, which is given the state directory.
using MakeCrlFinder = std::function<FindFetchedCrls(const std::filesystem::path& state_dir)>;
[[nodiscard]] Checked check_configuration(const std::filesystem::path& file, WallTime now,
                                          const MakeCrlFinder& make_finder = {});

/// What a generation has besides its configuration.
struct GenerationContext {
  SnapshotKeys keys;
  std::span<const crypto::LibraryContext> libraries;  ///< one per worker
  std::shared_ptr<gate::ProofMemory> proofs;          ///< of the process, for its verifiers
};

/// The rest of a generation: TLS contexts, snapshot. Errors: as build_snapshot.
[[nodiscard]] Result<Generation> make_generation(Checked checked, GenerationContext context, std::uint64_t number);

/// The registry has the clients now: a hundred thousand declarations need not stay in memory, nor what reading them
/// took.
void release_declarations(config::Config& config);

/// What changes where a URL has brought new CRLs.
struct RenewedCrls {
  std::shared_ptr<const oauth::Snapshot> snapshot;
  std::vector<WatchedCrl> watched;
};

/// The snapshot and the CRLs' dates of `generation`, with `now` in place of `before` in the trust store that has the
/// URL.
[[nodiscard]] RenewedCrls replace_crls(const Generation& generation, const CopyId& url, const Crls& before,
                                       const Crls& now);

}  // namespace certbound::app
