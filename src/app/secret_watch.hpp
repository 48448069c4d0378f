#pragma once

#include <array>
#include <chrono>

#include "base/clock.hpp"
#include "base/metrics.hpp"
#include "store/client_secret_store.hpp"

namespace certbound::app {

/// Counts the clients by the way they authenticate, and names in the log, once a day, who still does by a secret and
/// which secrets end soon. Main thread only.
class SecretWatch {
 public:
  explicit SecretWatch(metrics::Registry& registry);

  /// Shows the metrics: after each change of the registry.
  void show(store::ClientSecretReader& secrets);

  /// The same, and what the log is due to hear at `now`, by the first call and once a day from then on.
  void look(store::ClientSecretReader& secrets, std::chrono::steady_clock::time_point now);

 private:
  std::array<metrics::Gauge, std::size(model::kAuthMethods)> clients_;  // by method
  metrics::Gauge expiring_;
  std::chrono::steady_clock::time_point next_report_{};
};

}  // namespace certbound::app
