#include "histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace certbound::load {

namespace {

constexpr unsigned kSubBits = 7;
constexpr std::uint64_t kSubBuckets = 1UL << kSubBits;
constexpr std::size_t kBuckets = (64 - kSubBits) * kSubBuckets;

std::size_t bucket_of(std::uint64_t value) {
  if (value < kSubBuckets) return value;
  const auto shift = static_cast<unsigned>(std::bit_width(value)) - kSubBits - 1;
  return (shift << kSubBits) + (value >> shift);
}

/// The largest value that falls into the bucket.
std::uint64_t upper_bound_of(std::size_t bucket) {
  if (bucket < kSubBuckets) return bucket;
  const std::uint64_t shift = (bucket >> kSubBits) - 1;
  const std::uint64_t mantissa = bucket - (shift << kSubBits);
  return ((mantissa + 1) << shift) - 1;
}

}  // namespace

Histogram::Histogram() : buckets_(kBuckets) {}

void Histogram::record(std::chrono::nanoseconds value) {
  const auto nanoseconds = static_cast<std::uint64_t>(std::max<std::int64_t>(value.count(), 0));
  ++buckets_[std::min(bucket_of(nanoseconds), kBuckets - 1)];
  ++count_;
  maximum_ = std::max(maximum_, value);
}

void Histogram::merge(const Histogram& other) {
  std::transform(buckets_.begin(), buckets_.end(), other.buckets_.begin(), buckets_.begin(), std::plus<>{});
  count_ += other.count_;
  maximum_ = std::max(maximum_, other.maximum_);
}

void Histogram::clear() { *this = Histogram{}; }

std::chrono::nanoseconds Histogram::quantile(double share) const {
  const auto rank = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen >= rank && seen > 0) {
      return std::min(maximum_, std::chrono::nanoseconds{static_cast<std::int64_t>(upper_bound_of(i))});
    }
  }
  return maximum_;
}

}  // namespace certbound::load
