#include "app/key_gauges.hpp"

#include <map>
#include <set>
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
  std::map<std::string_view, std::map<model::KeyState, int>> counts;
  for (const model::KeyRecord& key : shown_) counts[algorithm_name(key)];
  std::set<std::string_view> gone;
  for (const auto& [algorithm, states] : counts) gone.insert(algorithm);
  for (const model::KeyRecord& key : keys) {
    ++counts[algorithm_name(key)][key.state];
    gone.erase(algorithm_name(key));
  }
  // First what there is, so that whoever asks meanwhile never sees a server without a key that signs.
  for (auto& [algorithm, states] : counts) {
    for (const model::KeyState state : {model::KeyState::next, model::KeyState::active, model::KeyState::retired}) {
      const metrics::Gauge gauge = find_gauge(algorithm, state);
      gauge.set(states[state]);
      if (gone.contains(algorithm)) registry_.remove_gauge(kKeys, gauge);
    }
  }
  shown_ = std::move(keys);
}

metrics::Gauge KeyGauges::find_gauge(std::string_view algorithm, model::KeyState state) const {
  return registry_.gauge(kKeys, "Keys that sign tokens, and those that seal them (A256GCM), by their state",
                         {{"algorithm", algorithm}, {"state", name(state)}});
}

}  // namespace certbound::app
