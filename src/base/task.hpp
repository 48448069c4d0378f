#pragma once

#include <boost/asio/awaitable.hpp>

namespace certbound {

/// A coroutine of a worker. docs/ARCHITECTURE.md, coroutines: inside a `co_await` expression no lambda with captures
/// and no braces, because GCC 12 destroys such temporaries twice.
template <typename T>
using Task = boost::asio::awaitable<T>;

}  // namespace certbound
