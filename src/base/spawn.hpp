#pragma once

#include <exception>
#include <string_view>
#include <utility>

#include <boost/asio/co_spawn.hpp>

#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/task.hpp"

namespace certbound {

/// Starts a coroutine. What escapes it is logged under `name` (a literal) and counted: nothing is spawned and
/// forgotten.
template <typename Executor>
void spawn(const Executor& executor, Task<void> task, std::string_view name, metrics::Counter faults) {
  boost::asio::co_spawn(executor, std::move(task), [name, faults](const std::exception_ptr& thrown) {
    if (!thrown) return;
    faults.increment();
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& exception) {
      log::error("coroutine_failed", {{"name", name}, {"detail", exception.what()}});
    } catch (...) {
      log::error("coroutine_failed", {{"name", name}, {"detail", "not a std::exception"}});
    }
  });
}

}  // namespace certbound
