#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace certbound::metrics {

using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

/// A number that only grows. A handle: cheap to copy, valid while the Registry lives. Thread safe, about 10 ns.
class Counter {
 public:
  Counter() = default;
  explicit Counter(void* series) : series_{series} {}
  void increment(double by = 1) const;
  [[nodiscard]] double value() const;

 private:
  void* series_ = nullptr;
};

/// A number that goes up and down. As Counter.
class Gauge {
 public:
  Gauge() = default;
  explicit Gauge(void* series) : series_{series} {}
  void set(double value) const;
  void add(double by) const;
  [[nodiscard]] double value() const;

 private:
  friend class Registry;
  void* series_ = nullptr;
};

/// Counts of durations in seconds by bucket. As Counter.
class Histogram {
 public:
  Histogram() = default;
  explicit Histogram(void* series) : series_{series} {}
  void observe(double seconds) const;

 private:
  void* series_ = nullptr;
};

/// The process's metrics, rendered in the Prometheus text format. A series is made once, at start, and its handle kept;
/// the label values are ours, never a client's, so that their number is bounded.
class Registry {
 public:
  Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;
  ~Registry();

  /// The series of that name and those labels, made where it is new. `help` counts for the first of a name.
  [[nodiscard]] Counter counter(std::string_view name, std::string_view help, Labels labels = {});
  [[nodiscard]] Gauge gauge(std::string_view name, std::string_view help, Labels labels = {});
  /// Buckets from 25 us to 10 s.
  [[nodiscard]] Histogram histogram(std::string_view name, std::string_view help, Labels labels = {});

  /// Forgets every series of the gauge family `name`: before a reload sets those that still exist.
  void clear_gauges(std::string_view name);

  /// Forgets one series of the gauge family `name`. `gauge` and its copies may not be used any more.
  void remove_gauge(std::string_view name, const Gauge& gauge);

  /// `text/plain; version=0.0.4`.
  [[nodiscard]] std::string render_text() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace certbound::metrics
