#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

namespace certbound::load {

/// Counts of durations in buckets whose width is under 0.8 % of their value: 128 to each power of two of nanoseconds.
/// Fixed size, so that recording allocates nothing. Not thread safe: one per thread, merged at the end.
class Histogram {
 public:
  Histogram();

  void record(std::chrono::nanoseconds value);
  void merge(const Histogram& other);
  void clear();

  [[nodiscard]] std::uint64_t count() const { return count_; }
  /// The duration that `share` (0 to 1) of the records do not exceed; zero where nothing was recorded.
  [[nodiscard]] std::chrono::nanoseconds quantile(double share) const;
  [[nodiscard]] std::chrono::nanoseconds maximum() const { return maximum_; }

 private:
  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  std::chrono::nanoseconds maximum_{0};
};

}  // namespace certbound::load
