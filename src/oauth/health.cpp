#include "oauth/health.hpp"

#include "http/json_response.hpp"

namespace certbound::oauth {

namespace {

http::Response render_status(int status, std::string body) {
  http::Response response{status, http::kJson, std::move(body)};
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

}  // namespace

http::Response Health::render_healthz() const { return render_status(200, "{\"status\":\"ok\"}"); }

Task<http::Response> Health::render_readyz() const {
  std::string reasons;
  const auto add = [&reasons](std::string_view reason) {
    if (!reasons.empty()) reasons.push_back(',');
    reasons += "\"" + std::string{reason} + "\"";
  };
  if (!is_ready_.load()) add("starting");
  if (is_draining_.load()) add("draining");
  for (const auto& [name, probe] : probes_) {
    const bool is_healthy = co_await probe();
    if (!is_healthy) add(name);
  }
  std::string body =
      reasons.empty() ? "{\"status\":\"ready\"" : "{\"status\":\"not_ready\",\"reasons\":[" + reasons + "]";
  body += ",\"generation\":" + std::to_string(generation_.load());
  if (has_reload_failed_.load()) body += ",\"last_reload\":\"failed\"";
  body.push_back('}');
  co_return render_status(reasons.empty() ? 200 : 503, std::move(body));
}

}  // namespace certbound::oauth
