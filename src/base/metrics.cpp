#include "base/metrics.hpp"

#include <map>
#include <mutex>
#include <set>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace certbound::metrics {

namespace {

const prometheus::Histogram::BucketBoundaries kBuckets{25e-6, 50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3,
                                                       25e-3, 50e-3, 100e-3, 250e-3, 0.5,    1,    2.5,    5,    10};

prometheus::Labels to_map(Labels labels) {
  prometheus::Labels map;
  for (const auto& [name, value] : labels) map.emplace(name, value);
  return map;
}

}  // namespace

struct Registry::State {
  prometheus::Registry registry;
  std::mutex mutex;  // guards gauge_series, which only start and reload touch
  std::map<std::string, std::set<prometheus::Gauge*>, std::less<>> gauge_series;
};

Registry::Registry() : state_{std::make_unique<State>()} {}
Registry::~Registry() = default;

void Counter::increment(double by) const {
  if (series_ != nullptr) static_cast<prometheus::Counter*>(series_)->Increment(by);
}

double Counter::value() const { return series_ == nullptr ? 0 : static_cast<prometheus::Counter*>(series_)->Value(); }

void Gauge::set(double value) const {
  if (series_ != nullptr) static_cast<prometheus::Gauge*>(series_)->Set(value);
}

void Gauge::add(double by) const {
  if (series_ != nullptr) static_cast<prometheus::Gauge*>(series_)->Increment(by);
}

double Gauge::value() const { return series_ == nullptr ? 0 : static_cast<prometheus::Gauge*>(series_)->Value(); }

void Histogram::observe(double seconds) const {
  if (series_ != nullptr) static_cast<prometheus::Histogram*>(series_)->Observe(seconds);
}

Counter Registry::counter(std::string_view name, std::string_view help, Labels labels) {
  auto& family = prometheus::BuildCounter().Name(std::string{name}).Help(std::string{help}).Register(state_->registry);
  return Counter{&family.Add(to_map(labels))};
}

Gauge Registry::gauge(std::string_view name, std::string_view help, Labels labels) {
  auto& family = prometheus::BuildGauge().Name(std::string{name}).Help(std::string{help}).Register(state_->registry);
  auto& series = family.Add(to_map(labels));
  const std::lock_guard lock{state_->mutex};
  state_->gauge_series[std::string{name}].insert(&series);
  return Gauge{&series};
}

Histogram Registry::histogram(std::string_view name, std::string_view help, Labels labels) {
  auto& family =
      prometheus::BuildHistogram().Name(std::string{name}).Help(std::string{help}).Register(state_->registry);
  return Histogram{&family.Add(to_map(labels), kBuckets)};
}

void Registry::clear_gauges(std::string_view name) {
  const std::lock_guard lock{state_->mutex};
  const auto found = state_->gauge_series.find(name);
  if (found == state_->gauge_series.end()) return;
  // The family exists and keeps its help; made here it would have none.
  auto& family = prometheus::BuildGauge().Name(std::string{name}).Register(state_->registry);
  for (prometheus::Gauge* series : found->second) family.Remove(series);
  state_->gauge_series.erase(found);
}

void Registry::remove_gauge(std::string_view name, const Gauge& gauge) {
  auto* const series = static_cast<prometheus::Gauge*>(gauge.series_);
  const std::lock_guard lock{state_->mutex};
  const auto found = state_->gauge_series.find(name);
  if (found == state_->gauge_series.end() || found->second.erase(series) == 0) return;
  prometheus::BuildGauge().Name(std::string{name}).Register(state_->registry).Remove(series);
}

std::string Registry::render_text() const { return prometheus::TextSerializer{}.Serialize(state_->registry.Collect()); }

}  // namespace certbound::metrics
