#include "gate/forwarded_request.hpp"

#include <utility>

#include "gate/forwarded_header.hpp"

namespace certbound::gate {

namespace {

Result<std::string> require_forwarded(const http::Request& request, std::string_view name) {
  const auto value = find_forwarded(request, name);
  if (!value) return value.error();
  if (!*value || (*value)->empty()) return invalid_input(std::string{name} + ": missing; the proxy has to set it");
  return std::string{**value};
}

}  // namespace

ForwardedRequest read_forwarded_request(const http::Request& request, const Options& options) {
  auto method = require_forwarded(request, options.method_header);
  if (!method) return {{}, {}, std::move(method.error().detail)};
  auto uri = require_forwarded(request, options.uri_header);
  if (!uri) return {{}, {}, std::move(uri.error().detail)};
  // Behind an origin anything else would be another host's, or none.
  if (!uri->starts_with('/')) return {{}, {}, options.uri_header + ": does not begin with a slash"};
  return {*std::move(method), options.url + *uri, {}};
}

}  // namespace certbound::gate
