#pragma once

#include "app/generation.hpp"
#include "base/metrics.hpp"
#include "store/client_store.hpp"

namespace certbound::app {

/// What /metrics says of the configuration in use. Main thread only.
class GenerationGauges {
 public:
  explicit GenerationGauges(metrics::Registry& registry);

  /// `published` is in use from now on.
  void show(const Generation& published, store::ClientReader& registered);
  void set_reload_failed() { last_reload_.set(0); }

  /// Clients of the registry, as far as show() could count them.
  [[nodiscard]] long long clients() const { return static_cast<long long>(clients_.value()); }

 private:
  metrics::Registry& registry_;
  metrics::Gauge last_reload_;
  metrics::Gauge number_;
  metrics::Gauge clients_;
  metrics::Gauge shared_credentials_;
};

}  // namespace certbound::app
