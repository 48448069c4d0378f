#pragma once

#include <exception>
#include <optional>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "base/task.hpp"

namespace certbound::store {

/// Puts what `task` returns into `out`.
template <typename T>
Task<void> run_task(Task<T> task, std::optional<T>& out) {
  out = co_await std::move(task);
}

/// Starts `task` on the context; what it throws is thrown by the context's run().
template <typename T>
void start_task(boost::asio::io_context& context, Task<T> task, std::optional<T>& out) {
  boost::asio::co_spawn(context, run_task(std::move(task), out), [](const std::exception_ptr& thrown) {
    if (thrown) std::rethrow_exception(thrown);
  });
}

}  // namespace certbound::store
