#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/task.hpp"
#include "http/request.hpp"
#include "http/response.hpp"

namespace certbound::oauth {

/// Is the server able to do its work? Written by the daemon, read by every worker.
class Health {
 public:
  void set_ready(bool ready) { is_ready_.store(ready); }
  void set_draining() { is_draining_.store(true); }
  void set_reload_failed(bool failed) { has_reload_failed_.store(failed); }
  /// The number of the configuration in use.
  void set_generation(std::uint64_t number) { generation_.store(number); }

  /// Asked by every render_readyz, on the worker's thread; false makes the server unready for the reason `name`.
  using Probe = std::function<Task<bool>()>;
  /// `name` is a literal. Before the workers start.
  void add_probe(std::string_view name, Probe probe) { probes_.emplace_back(name, std::move(probe)); }

  /// 200 as long as the event loop answers.
  [[nodiscard]] http::Response render_healthz() const;
  /// 200, or 503 with `reasons`: `starting`, `draining`, or a probe's name. A failed reload is told and does not make
  /// the server unready: it serves what it had, the `generation` that is told too. No secrets.
  [[nodiscard]] Task<http::Response> render_readyz() const;

 private:
  std::atomic<bool> is_ready_{false};
  std::atomic<bool> is_draining_{false};
  std::atomic<bool> has_reload_failed_{false};
  std::atomic<std::uint64_t> generation_{0};
  std::vector<std::pair<std::string_view, Probe>> probes_;
};

}  // namespace certbound::oauth
