#include "fetch/options.hpp"

#include <utility>

#include "fetch/tls_client.hpp"

namespace certbound::fetch {

Result<std::shared_ptr<const Settings>> make_settings(Options options) {
  auto settings = std::make_shared<Settings>();
  auto allow = AllowList::parse(options.allow);
  if (!allow) return std::move(allow).error();
  auto tls = make_tls_client_context(options.ca_file);
  if (!tls) return std::move(tls).error();
  settings->allow = *std::move(allow);
  settings->tls = *std::move(tls);
  settings->options = std::move(options);
  return std::shared_ptr<const Settings>{std::move(settings)};
}

}  // namespace certbound::fetch
