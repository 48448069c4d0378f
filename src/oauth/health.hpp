#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "http/request.hpp"
#include "http/response.hpp"

namespace certbound::oauth {

/// Is the server able to do its work? Written by the daemon, read by every worker.
class Health {
 public:
  void set_ready(bool ready) { is_ready_.store(ready); }
  void set_draining() { is_draining_.store(true); }
  void set_reload_failed(bool failed) { has_reload_failed_.store(failed); }
  void set_audit(std::function<bool()> is_audit_healthy) { is_audit_healthy_ = std::move(is_audit_healthy); }

  /// 200 as long as the event loop answers.
  [[nodiscard]] http::Response render_healthz() const;
  /// 200, or 503 with `reasons`: `starting`, `draining`, `audit`. A failed reload is told and does not make the server
  /// unready: it serves what it had. No secrets.
  [[nodiscard]] http::Response render_readyz() const;

 private:
  std::atomic<bool> is_ready_{false};
  std::atomic<bool> is_draining_{false};
  std::atomic<bool> has_reload_failed_{false};
  std::function<bool()> is_audit_healthy_;  // set before the workers start
};

}  // namespace certbound::oauth
