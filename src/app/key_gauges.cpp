#include "app/key_gauges.hpp"

#include <algorithm>
#include <utility>

namespace certbound::app {

namespace {

constexpr std::string_view kKeys = "certbound_token_keys";

}  // namespace

KeyGauges::KeyGauges(metrics::Registry& registry)
    : registry_{registry},
      due_{registry.gauge("certbound_token_key_change_due_timestamp_seconds",
                          "When something is due to a key that signs or seals tokens (Unix time), 0 for never by "
                          "itself; in the past where it could not be done")},
      failures_{registry.counter("certbound_token_key_change_failures_total",
                                 "Changes of such keys that were due and could not be made")} {}

void KeyGauges::show(std::vector<model::KeyRecord> keys, std::optional<WallTime> due, WallTime now) {
  const double shown_due = due_.value();
  const bool is_over = due && *due <= now;
  const bool was_over = shown_due != 0 && shown_due <= static_cast<double>(unix_seconds(now));
  if (!(is_over && was_over)) due_.set(due ? static_cast<double>(unix_seconds(*due)) : 0);
  if (keys == shown_) return;
  shown_ = std::move(keys);
  registry_.clear_gauges(kKeys);
  for (const model::KeyRecord& key : shown_) {
    for (const model::KeyState state : {model::KeyState::next, model::KeyState::active, model::KeyState::retired}) {
      const metrics::Gauge gauge =
          registry_.gauge(kKeys, "Keys that sign tokens, and those that seal them (A256GCM), by their state",
                          {{"algorithm", algorithm_name(key)}, {"state", name(state)}});
      gauge.add(key.state == state ? 1 : 0);
    }
  }
}

}  // namespace certbound::app
