#include "app/operations.hpp"

#include "base/log.hpp"
#include "http/json_response.hpp"

namespace certbound::app {

OperationsHandler::OperationsHandler(metrics::Registry& registry, const oauth::Health& health)
    : registry_{registry},
      health_{health},
      dropped_lines_{registry.gauge("certbound_log_lines_dropped", "Log lines dropped because the queue was full")} {}

Task<http::Response> OperationsHandler::handle(const http::Request& request) {
  const bool is_metrics = request.path == "/metrics";
  const bool is_healthz = request.path == "/healthz";
  const bool is_readyz = request.path == "/readyz";
  if (!is_metrics && !is_healthz && !is_readyz) co_return http::not_found(request.id);
  if (request.method != http::Method::get && request.method != http::Method::head) {
    co_return http::method_not_allowed("GET, HEAD", request.id);
  }
  if (is_healthz) co_return health_.render_healthz();
  if (is_readyz) co_return co_await health_.render_readyz();
  dropped_lines_.set(static_cast<double>(log::dropped_lines()));
  http::Response response{200, "text/plain; version=0.0.4; charset=utf-8", registry_.render_text()};
  response.headers.emplace_back("Cache-Control", "no-store");
  co_return response;
}

}  // namespace certbound::app
