#pragma once

#include <chrono>
#include <span>

#include "app/materials.hpp"
#include "base/metrics.hpp"
#include "store/seen_certificate.hpp"

namespace certbound::app {

/// Counts the clients whose last seen certificate ends soon, and names them in the log once a day, together with the
/// configuration's own certificates that do. Main thread only.
class EndingWatch {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit EndingWatch(metrics::Registry& registry);

  /// When look() is due; at once where it never was called.
  [[nodiscard]] Time next_look() const { return next_look_; }

  /// `own` are the configuration's certificates: the first report leaves them out, since loading has named them.
  void look(store::SeenCertificateReader& seen, std::span<const WatchedCertificate> own);

 private:
  metrics::Gauge ending_;
  Time next_look_{};
  Time next_report_{};
};

}  // namespace certbound::app
