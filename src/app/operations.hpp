#pragma once

#include "base/metrics.hpp"
#include "http/handler.hpp"
#include "oauth/health.hpp"

namespace certbound::app {

/// The operations listener: `/metrics`, `/healthz`, `/readyz` on plain HTTP, loopback unless the operator says
/// otherwise.
class OperationsHandler final : public http::Handler {
 public:
  OperationsHandler(metrics::Registry& registry, const oauth::Health& health);

  [[nodiscard]] Task<http::Response> handle(const http::Request& request) override;

 private:
  metrics::Registry& registry_;
  const oauth::Health& health_;
  metrics::Gauge dropped_lines_;
};

}  // namespace certbound::app
