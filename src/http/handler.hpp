#pragma once

#include "base/task.hpp"
#include "http/request.hpp"
#include "http/response.hpp"

namespace certbound::http {

/// Where the server and the protocol meet: net knows no OAuth, oauth knows no sockets.
class Handler {
 public:
  Handler() = default;
  Handler(const Handler&) = delete;
  Handler& operator=(const Handler&) = delete;
  virtual ~Handler() = default;

  /// Answers one request. Called on the worker's thread; `request` lives until the answer is complete. What it throws
  /// is a fault of ours: the connection ends, and it is logged and counted.
  [[nodiscard]] virtual Task<Response> handle(const Request& request) = 0;
};

}  // namespace certbound::http
