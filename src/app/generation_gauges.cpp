#include "app/generation_gauges.hpp"

#include "app/report.hpp"
#include "base/log.hpp"

namespace certbound::app {

GenerationGauges::GenerationGauges(metrics::Registry& registry)
    : registry_{registry},
      last_reload_{registry.gauge("certbound_config_last_reload_successful", "1 if the last reload took effect")},
      number_{registry.gauge("certbound_config_generation",
                             "The number of the configuration in use; it goes on counting after a restart")},
      clients_{registry.gauge("certbound_clients", "Registered clients")},
      shared_credentials_{registry.gauge(
          "certbound_shared_client_credentials",
          "Pairs of declared clients that a certificate authenticates both, as far as loading warned of them")} {}

void GenerationGauges::show(const Generation& published, store::ClientReader& registered) {
  number_.set(static_cast<double>(published.snapshot->generation));
  shared_credentials_.set(
      static_cast<double>(published.config.shared_credentials + published.materials.shared_certificates));
  last_reload_.set(1);
  show_certificates(registry_, published.materials.certificates);
  const auto count = registered.count_clients();
  if (count) {
    clients_.set(static_cast<double>(*count));
  } else {
    log::warning("clients_not_counted", {{"detail", count.error().detail}});
  }
}

}  // namespace certbound::app
