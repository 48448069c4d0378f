#pragma once

#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "base/metrics.hpp"
#include "model/key_record.hpp"

namespace certbound::app {

/// What /metrics says of the keys that sign and seal tokens. Main thread only.
class KeyGauges {
 public:
  /// `registry` outlives it.
  explicit KeyGauges(metrics::Registry& registry);

  /// `keys` are those in use; something is due to them at `due`, nothing: only when somebody asks. A time that is over
  /// stays as it was shown first, so that it tells since when what was due could not be done.
  void show(std::vector<model::KeyRecord> keys, std::optional<WallTime> due, WallTime now);

  /// What was due could not be done.
  void count_failure() const { failures_.increment(); }

 private:
  [[nodiscard]] metrics::Gauge find_gauge(std::string_view algorithm, model::KeyState state) const;

  metrics::Registry& registry_;
  metrics::Gauge due_;
  metrics::Counter failures_;
  std::vector<model::KeyRecord> shown_;
};

}  // namespace certbound::app
