#include "base/backoff.hpp"

#include <algorithm>

namespace certbound {

namespace {

using std::chrono::milliseconds;

constexpr double kRefreshJitter = 0.1;

milliseconds scale(milliseconds duration, double factor) {
  return milliseconds{static_cast<milliseconds::rep>(static_cast<double>(duration.count()) * factor)};
}

}  // namespace

milliseconds delay_after_failure(const Backoff& backoff, int failures, double random, milliseconds retry_after) {
  milliseconds longest = std::clamp(backoff.initial, milliseconds{1}, std::max(backoff.maximum, milliseconds{1}));
  for (int i = 1; i < failures && longest < backoff.maximum; ++i) longest = std::min(longest * 2, backoff.maximum);
  return std::max(scale(longest, 0.5 + random / 2), std::min(retry_after, backoff.maximum));
}

milliseconds delay_after_success(milliseconds fresh_for, double random) {
  return scale(fresh_for, 1 - kRefreshJitter * random);
}

}  // namespace certbound
