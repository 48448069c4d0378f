#pragma once

#include <string>

#include "gate/options.hpp"
#include "http/request.hpp"

namespace certbound::gate {

/// The client's own request, as far as a DPoP proof is made for it (RFC 9449 section 4.2).
struct ForwardedRequest {
  std::string method;
  std::string url;      ///< `Options::url` and the path of the request
  std::string problem;  ///< why they are not known, for the log; then both are empty, and no proof is for it
};

/// From the headers that the proxy sets, once each. The origin is the configuration's: nothing that a client sends has
/// a say in it.
[[nodiscard]] ForwardedRequest read_forwarded_request(const http::Request& request, const Options& options);

}  // namespace certbound::gate
