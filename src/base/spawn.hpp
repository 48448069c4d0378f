#pragma once

#include <exception>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/co_spawn.hpp>

#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/task.hpp"

namespace certbound {

/// What an exception says of itself.
inline std::string describe(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& exception) {
    return exception.what();
  } catch (...) {
    return "not a std::exception";
  }
}

/// Starts a coroutine. What escapes it is logged under `name` (a literal) and counted: nothing is spawned and
/// forgotten. Then `on_failure`, where there is one, is told: for coroutines without which the worker is none.
template <typename Executor>
void spawn(const Executor& executor, Task<void> task, std::string_view name, metrics::Counter faults,
           std::function<void(std::string)> on_failure = {}) {
  boost::asio::co_spawn(executor, std::move(task),
                        [name, faults, on_failure = std::move(on_failure)](const std::exception_ptr& thrown) {
                          if (!thrown) return;
                          faults.increment();
                          const std::string detail = describe(thrown);
                          log::error("coroutine_failed", {{"name", name}, {"detail", detail}});
                          if (on_failure) on_failure(std::string{name} + ": " + detail);
                        });
}

}  // namespace certbound
