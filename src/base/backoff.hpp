#pragma once

#include <chrono>

namespace certbound {

/// How long to wait after failures in a row.
struct Backoff {
  std::chrono::milliseconds initial{std::chrono::seconds{5}};
  std::chrono::milliseconds maximum{std::chrono::minutes{15}};
};

/// After the `failures`th failure in a row (from 1 on): twice as long as after the one before, up to the maximum; of
/// that a part between one half and all, by `random` (from 0 to below 1), so that many who failed together do not come
/// back together. A `retry_after` that is longer counts, up to the maximum.
[[nodiscard]] std::chrono::milliseconds delay_after_failure(const Backoff& backoff, int failures, double random,
                                                            std::chrono::milliseconds retry_after);

/// When to ask again for what is fresh for `fresh_for`: a little before its end, between 90 and 100 per cent of it.
[[nodiscard]] std::chrono::milliseconds delay_after_success(std::chrono::milliseconds fresh_for, double random);

}  // namespace certbound
